/** What people said at a machine by scanning: who works there, on which order, and what they declared it to be doing. */

import type { Instant } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import type { Category, DerivedStatus } from '../../domain/status.ts'

/** All that holds until something else is said. */
export interface SaidAtMachine {
  /** `users.id` of who works at the machine; null: nobody has badged in there. */
  readonly operator: number | null
  /**
   * Work orders that were scanned, oldest first: the last one counts, and those before it are still to be written into the
   * interval that is open. None where the machine's own signal has shown an order since.
   */
  readonly orders: readonly ScannedOrder[]
  readonly declared: DeclaredStatus | null
}

/** A work order as somebody began or ended it. */
export interface ScannedOrder {
  /** Its number; null: the machine has none any more. */
  readonly workOrder: string | null
  readonly since: Instant
}

/** A status that somebody declared, such as a changeover. It holds against what the rules say. */
export interface DeclaredStatus {
  readonly status: DerivedStatus
  readonly reason: string
  readonly category: Category | null
  /** `users.id` of who declared it; null where it was set in the MES. */
  readonly operator: number | null
  /** Whether the machine has begun to run again; null where it stands. */
  readonly run: TrialRun | null
}

/** A run while another status is declared: a trial, or the beginning of production. */
export interface TrialRun {
  readonly since: Instant
  /** Since when it stands again; null while it runs. */
  readonly pausedSince: Instant | null
  /** How many cycles each counter has counted since the machine last stood for long. */
  readonly cycles: Readonly<Record<string, number>>
}

export const NOTHING_SAID: SaidAtMachine = { operator: null, orders: [], declared: null }

/** The rule that stands for a declared status. */
export function ruleOf({ status, reason }: DeclaredStatus): StatusRule {
  return {
    when: { kind: 'else' },
    is: status,
    reason: { kind: 'fixed', code: reason },
    forMs: 0,
    releaseMs: 0,
  }
}

/** The same with each of its moments moved. */
export function movedSaid(said: SaidAtMachine, move: (instant: Instant) => Instant): SaidAtMachine {
  const { orders, declared } = said
  return {
    ...said,
    orders: orders.map((order) => ({ ...order, since: move(order.since) })),
    declared: declared && { ...declared, run: movedRun(declared.run, move) },
  }
}

function movedRun(run: TrialRun | null, move: (instant: Instant) => Instant): TrialRun | null {
  if (!run) return null
  const { since, pausedSince } = run
  return { ...run, since: move(since), pausedSince: pausedSince && move(pausedSince) }
}
