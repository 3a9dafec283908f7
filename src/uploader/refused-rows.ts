/** What lies in quarantine, in a few lines: of which machine, why, and how often. */
import type { RefusedEvent } from '../domain/destination.ts'
import type { RefusedRows } from '../domain/health.ts'
import { ownerCode } from '../domain/owner.ts'

/** At most so many pairs of machine and reason are shown: `quarantine list` names every row. */
export const PAIRS_MAX = 5

/** Adds rows to what is reported already, in the order in which the reasons came. */
export function withRefused(
  known: readonly RefusedRows[],
  rows: readonly RefusedEvent[],
): readonly RefusedRows[] {
  const byPair = new Map(known.map((one) => [pairOf(one), one]))
  for (const { event, reason } of rows) {
    const one = { machine: ownerCode(event.event.subject), reason, count: 0 }
    const before = byPair.get(pairOf(one)) ?? one
    if (byPair.size >= PAIRS_MAX && before === one) continue
    byPair.set(pairOf(one), { ...before, count: before.count + 1 })
  }
  return [...byPair.values()]
}

function pairOf({ machine, reason }: RefusedRows): string {
  return `${machine} ${reason}`
}
