/** What `central check` says of one matter. */

/**
 * `good`: as production needs it. `advice`: it works, and could be better. `bad`: it endangers data, people or the plant. `unseen`:
 * the gateway's role cannot see it, and the remedy says who can.
 */
export type Grade = 'good' | 'advice' | 'bad' | 'unseen'

/** One matter, and what was found. */
export interface Judgement {
  readonly what: string
  readonly verdict: Grade
  /** What was found, in a few words. */
  readonly said: string
  /** What to do, for a DBA to run or to hand on: statements of SQL, or words. */
  readonly remedy?: string
}

/** Makes the verdicts of one matter. */
interface Matter {
  good(said: string): Judgement
  advice(said: string, remedy: string): Judgement
  bad(said: string, remedy: string): Judgement
  /** @param remedy who can see it, and by what */
  unseen(said: string, remedy: string): Judgement
}

export function matter(what: string): Matter {
  return {
    good: (said) => ({ what, verdict: 'good', said }),
    advice: (said, remedy) => ({ what, verdict: 'advice', said, remedy }),
    bad: (said, remedy) => ({ what, verdict: 'bad', said, remedy }),
    unseen: (said, remedy) => ({ what, verdict: 'unseen', said, remedy }),
  }
}

const SIGNS: Readonly<Record<Grade, string>> = { good: 'ok ', advice: 'tip', bad: 'NOT', unseen: '?  ' }

/** A verdict as lines for a person. */
export function judgementText({ what, verdict, said, remedy }: Judgement): string {
  const then = remedy === undefined ? '' : remedy.replace(/^/gm, '    ').concat('\n')
  return `${SIGNS[verdict]} ${what}: ${said}\n${then}`
}

/** Whether a list of verdicts lets a gateway into production: advice and what is unseen do not keep it out. */
export function isReady(verdicts: readonly Judgement[]): boolean {
  return verdicts.every(({ verdict }) => verdict !== 'bad')
}

const NAMES: Readonly<Record<Grade, string>> = {
  good: 'good',
  advice: 'could be better',
  bad: 'not good',
  unseen: 'cannot be seen by this role',
}

/** How many there are of each, as a line for a person. */
export function countText(verdicts: readonly Judgement[]): string {
  const marks: readonly Grade[] = ['good', 'advice', 'bad', 'unseen']
  const counted = marks.map(
    (mark) => [NAMES[mark], verdicts.filter(({ verdict }) => verdict === mark).length] as const,
  )
  return `${counted.flatMap(([name, count]) => (count > 0 ? `${count} ${name}` : [])).join(', ')}\n`
}
