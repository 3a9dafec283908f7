/** What lies in quarantine, in a few lines: of which machine, why, and how often. */
import type { RefusedEvent } from '../domain/destination.ts'
import type { RefusedRows } from '../domain/health.ts'
import { ownerCode } from '../domain/owner.ts'

/** More machines and reasons than this are not told apart: `quarantine list` names every row. */
export const KINDS_MAX = 5

/** Adds rows to what is reported already, in the order in which the reasons came. */
export function withRefused(
  known: readonly RefusedRows[],
  rows: readonly RefusedEvent[],
): readonly RefusedRows[] {
  const byKind = new Map(known.map((one) => [kindOf(one), one]))
  for (const { event, reason } of rows) {
    const one = { machine: ownerCode(event.event.subject), reason, count: 0 }
    const before = byKind.get(kindOf(one)) ?? one
    if (byKind.size >= KINDS_MAX && before === one) continue
    byKind.set(kindOf(one), { ...before, count: before.count + 1 })
  }
  return [...byKind.values()]
}

function kindOf({ machine, reason }: RefusedRows): string {
  return `${machine} ${reason}`
}
