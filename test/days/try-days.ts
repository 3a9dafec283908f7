/** Lives many random days, and shrinks the first one whose rows break a law to the shortest story that does. */
import fc from 'fast-check'
import { type Day, KINDS, type Kind, storyOf } from './day.ts'
import { breaches } from './laws.ts'
import { live } from './live.ts'

export interface Trial {
  readonly days: number
  readonly seed: number
  /** Where a day that broke a law was found; without it the days begin with the first one. */
  readonly path?: string
}

/** What came of it: nothing where all laws held. `again` is the command that finds the same day. */
export interface Broken {
  readonly again: string
  readonly story: string
  readonly breaches: readonly string[]
}

/**
 * It waits between two days, because promises of the pipeline keep all of a day until they are settled.
 * @returns the first day that breaks a law, or undefined
 */
export async function tryDays(kind: Kind, trial: Trial): Promise<Broken | undefined> {
  const holds = fc.asyncProperty(KINDS[kind], async (day) => lawsBrokenOn(day).length === 0)
  const { days, seed, path } = trial
  const found = await fc.check(holds, { numRuns: days, seed, ...(path !== undefined && { path }) })
  const [day] = found.counterexample ?? []
  if (!day) return undefined
  const again = `npm run days -- --kind ${kind} --seed ${found.seed} --path ${found.counterexamplePath}`
  return { again, story: storyOf(day), breaches: lawsBrokenOn(day) }
}

/** A day whose events make no sense, or that ends in an error, is broken as well. */
function lawsBrokenOn(day: Day): readonly string[] {
  try {
    return breaches(live(day))
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
}
