import type { Judgement } from '../../domain/judgement.ts'

/** One thing that `central check` proves, or does not. */
export interface Proof {
  readonly what: string
  readonly proven: boolean
  /** What was found, in a few words. */
  readonly said: string
}

/** A proof among other judgements. */
export function judgementOf({ what, proven, said }: Proof): Judgement {
  return { what, verdict: proven ? 'good' : 'bad', said }
}
