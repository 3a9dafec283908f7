/** A day of one machine and what a faultless gateway leaves of it in central: where the defects are planted. */
import type {
  CentralRows,
  DowntimeRow,
  HistoryRow,
  TrueTransition,
  Truth,
} from '../../../src/demo/reconcile/facts.ts'
import type { Sight } from '../../../src/demo/reconcile/sight.ts'

export const MACHINE = 'PRESS-07'
export const START_MS = Date.parse('2026-01-31T09:00:00.000Z')

export const SIGHT: Sight = {
  microStopBelowMs: 30_000,
  observableFromMs: 2_000,
  reasonFromMs: 3_000,
  earlyMs: 100,
  lateMs: 1_000,
  darkWindows: [{ fromMs: Number.NEGATIVE_INFINITY, toMs: START_MS + 500 }],
}

/** One stretch of the day: what the machine did, for how long, and how late the gateway saw it. */
export interface Stretch {
  readonly status: string
  readonly reason?: string
  readonly lastedMs: number
  readonly lagMs?: number
}

export interface Day {
  readonly truth: Truth
  readonly central: CentralRows
}

const CATEGORIES: Readonly<Record<string, string>> = { mechanical_failure: 'equipment', changeover: 'setup' }

export function idealDay(stretches: readonly Stretch[]): Day {
  const transitions = trueTransitions(stretches)
  const history = historyRows(transitions, stretches)
  return {
    truth: { transitions, downtimes: trueDowntimes(transitions), scans: [], orders: [], faults: [] },
    central: { history, downtimes: downtimeRows(history, transitions), scans: [] },
  }
}

function trueTransitions(stretches: readonly Stretch[]): readonly TrueTransition[] {
  let atMs = START_MS
  return stretches.map(({ status, reason, lastedMs }) => {
    const transition = {
      machine: MACHINE,
      atMs,
      status,
      reason: reason ?? null,
      category: CATEGORIES[reason ?? ''] ?? null,
    }
    atMs += lastedMs
    return transition
  })
}

function historyRows(
  transitions: readonly TrueTransition[],
  stretches: readonly Stretch[],
): readonly HistoryRow[] {
  const stamps = transitions.map(
    ({ atMs }, index) => atMs + (index === 0 ? 500 : (stretches[index]?.lagMs ?? 0)),
  )
  const round = diffusion()
  return transitions.map(({ machine, status, reason }, index) => {
    const changedAtMs = stamps[index] ?? 0
    const nextMs = stamps[index + 1]
    const durationMs = nextMs === undefined ? undefined : nextMs - changedAtMs
    const short = isStop(status) && durationMs !== undefined && durationMs < SIGHT.microStopBelowMs
    return {
      id: index + 1,
      machine,
      changedAtMs,
      previousStatus: transitions[index - 1]?.status ?? null,
      status,
      reason: reason ?? (short ? 'MICRO_STOP' : null),
      workOrder: null,
      durationMinutes: durationMs === undefined ? null : round(status, durationMs),
      notes: durationMs === undefined ? 'cause=state' : `cause=state; dur=${durationMs / 1000}s`,
    }
  })
}

function downtimeRows(
  history: readonly HistoryRow[],
  transitions: readonly TrueTransition[],
): readonly DowntimeRow[] {
  const round = diffusion()
  return history.flatMap((row, index) => {
    const next = history[index + 1]
    const durationMs = next ? next.changedAtMs - row.changedAtMs : Number.POSITIVE_INFINITY
    if (!isStop(row.status) || durationMs < SIGHT.microStopBelowMs) return []
    const reason = row.reason ?? 'unassigned'
    return [
      {
        id: index + 1,
        machine: row.machine,
        startedAtMs: row.changedAtMs,
        endedAtMs: next?.changedAtMs ?? null,
        reason,
        category: transitions[index]?.category ?? null,
        durationMinutes: next ? round(reason, durationMs) : null,
        notes: next ? `dur=${durationMs / 1000}s` : '',
      },
    ]
  })
}

function trueDowntimes(transitions: readonly TrueTransition[]) {
  return transitions.flatMap(({ machine, status, atMs }, index) => {
    const endedAtMs = transitions[index + 1]?.atMs
    return isStop(status) && endedAtMs !== undefined ? [{ machine, startedAtMs: atMs, endedAtMs }] : []
  })
}

function diffusion(): (key: string, durationMs: number) => number {
  const carry = new Map<string, number>()
  return (key, durationMs) => {
    const totalMs = durationMs + (carry.get(key) ?? 0)
    const minutes = Math.max(0, Math.round(totalMs / 60_000))
    carry.set(key, totalMs - minutes * 60_000)
    return minutes
  }
}

function isStop(status: string): boolean {
  return status === 'down' || status === 'setup'
}
