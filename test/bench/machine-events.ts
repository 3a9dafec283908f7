/** Events as a plant's machines make them, in the order in which they would: each interval opened, then amended. */
import { EVENT_VERSION } from '../../src/domain/events/event.ts'
import type { StatusAmended, StatusFindings, StatusOpened } from '../../src/domain/events/status.ts'
import { utcText } from '../../src/domain/instant.ts'
import { machineOwner } from '../../src/domain/owner.ts'

const STATUSES = ['running', 'idle', 'running', 'down'] as const
const INTERVAL_MS = 60_000
const FINDINGS: StatusFindings = {
  cause: [{ signal: 'state', value: 'run' }],
  countedUnseen: null,
  rule: '3f9a2c1b',
  marks: [],
}

/** The `n`th interval of a machine, as it begins. */
export function opened(machine: string, n: number, epochMs: number): StatusOpened {
  const status = STATUSES[n % STATUSES.length] ?? 'running'
  return {
    v: EVENT_VERSION,
    kind: 'status.opened',
    at: utcText(epochMs + n * INTERVAL_MS),
    subject: machineOwner(machine),
    previousStatus: n === 0 ? null : (STATUSES[(n - 1) % STATUSES.length] ?? 'running'),
    status,
    reason: status === 'down' ? 'mechanical_failure' : null,
    workOrder: null,
    ...FINDINGS,
  }
}

/** The same interval, as it ends. */
export function amended(machine: string, n: number, epochMs: number): StatusAmended {
  const { v, at, subject, reason, workOrder } = opened(machine, n, epochMs)
  const ended = { durationMs: INTERVAL_MS, minutes: 1, marks: [] }
  return { v, kind: 'status.amended', at, subject, reason, workOrder, ...FINDINGS, ended }
}
