/** Many lives, one after the other, for the tests and the campaigns; and whether all kinds of faults were met in all phases. */
import { stacksWhereWrong } from '../stacks.ts'
import { live, type Report } from './life.ts'
import { FAULTS, PHASES } from './swarm.ts'

/** One in so many lives is lived twice, and must be the same to the last message. */
const TWICE_EVERY = 100

/** A test of so many lives ends in time also where the computer is busy. */
export function timeoutOf(seeds: number): number {
  return 120_000 + seeds * 4_000
}

/** What many lives came to. */
export interface Lives {
  readonly violations: readonly string[]
  readonly events: number
  /** `kills / storing` of all that were met. */
  readonly met: ReadonlySet<string>
}

/** @param seen is told of each life */
export async function liveAll(
  { from, count }: { readonly from: number; readonly count: number },
  seen: (report: Report, seed: number) => void = () => {},
): Promise<Lives> {
  const violations: string[] = []
  const met = new Set<string>()
  let events = 0
  for (let seed = from; seed < from + count; seed += 1) {
    const report = await stacksWhereWrong(() => live(seed))
    if (report.violation) violations.push(report.violation)
    if (seed % TWICE_EVERY === 0 && (await live(seed)).trace !== report.trace)
      violations.push(`seed ${seed}: the second life is not the first one`)
    for (const cell of report.met) met.add(cell)
    events += report.events
    seen(report, seed)
  }
  return { violations, events, met }
}

/** Which faults never struck while the gateway did what. */
export function unmet(met: ReadonlySet<string>): readonly string[] {
  const all = FAULTS.flatMap((fault) => PHASES.map((phase) => `${fault} / ${phase}`))
  return all.filter((cell) => !met.has(cell))
}
