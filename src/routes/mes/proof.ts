/** One thing that `central check` proves, or does not. */
export interface Proof {
  readonly what: string
  readonly proven: boolean
  /** What was found, in a few words. */
  readonly said: string
}

/** A proof as a line for a person. */
export function proofText({ what, proven, said }: Proof): string {
  return `${proven ? 'ok ' : 'NOT'} ${what}: ${said}\n`
}
