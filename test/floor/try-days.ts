/** Lives random days on the floor, and shrinks the first that breaks a law to the shortest story that does. */
import fc from 'fast-check'
import { type Day, days, storyOf } from './day.ts'
import { live } from './floor.ts'
import { breaches } from './laws.ts'

const MIDNIGHT_MS = Date.UTC(2026, 0, 31)

export async function tryDays(numRuns: number, seed: number): Promise<string | undefined> {
  const holds = fc.asyncProperty(days, async (day) => (await broken(day)).length === 0)
  const found = await fc.check(holds, { numRuns, seed })
  const [day] = found.counterexample ?? []
  if (!day) return undefined
  return [`seed ${found.seed}, path ${found.counterexamplePath}`, storyOf(day), ...(await broken(day))].join(
    '\n',
  )
}

async function broken(day: Day): Promise<readonly string[]> {
  try {
    return breaches(await live(day), MIDNIGHT_MS - day.midnight * 1_000)
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
}
