/** Events as a plant's machines make them, in the order in which they would: each row opened, then amended. */
import type { StatusAmended, StatusOpened } from '../../src/domain/event.ts'
import { utcText } from '../../src/domain/instant.ts'

const STATUSES = ['running', 'idle', 'running', 'down'] as const
const INTERVAL_MS = 60_000
const NOTES = 'exact_s=60.000; cause=state=run; map=3f9a2c1b'

/** The `n`th interval of a machine, as it begins. */
export function opened(machine: string, n: number, epochMs: number): StatusOpened {
  const status = STATUSES[n % STATUSES.length] ?? 'running'
  return {
    kind: 'status.opened',
    machine,
    changedAt: utcText(epochMs + n * INTERVAL_MS),
    previousStatus: n === 0 ? null : (STATUSES[(n - 1) % STATUSES.length] ?? 'running'),
    status,
    reason: status === 'down' ? 'mechanical_failure' : null,
    workOrder: null,
    notes: NOTES,
  }
}

/** The same interval, as it ends. */
export function amended(machine: string, n: number, epochMs: number): StatusAmended {
  const { changedAt, reason, workOrder, notes } = opened(machine, n, epochMs)
  return { kind: 'status.amended', machine, changedAt, durationMinutes: 1, reason, workOrder, notes }
}
