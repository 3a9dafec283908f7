/** Short ways to write events as the pipeline makes them. */
import type {
  DowntimeAmended,
  DowntimeOpened,
  Event,
  StatusAmended,
  StatusOpened,
} from '../../src/domain/event.ts'
import type { StoredEvent } from '../../src/domain/outbox.ts'

export function opened(changes: Partial<StatusOpened> = {}): StatusOpened {
  return {
    kind: 'status.opened',
    machine: 'CNC-01',
    changedAt: '2026-01-31T09:00:00.000Z',
    previousStatus: null,
    status: 'running',
    reason: null,
    workOrder: null,
    notes: '',
    ...changes,
  }
}

export function amended(changes: Partial<StatusAmended> = {}): StatusAmended {
  return {
    kind: 'status.amended',
    machine: 'CNC-01',
    changedAt: '2026-01-31T09:00:00.000Z',
    durationMinutes: 5,
    reason: null,
    workOrder: null,
    notes: '',
    ...changes,
  }
}

export function downtime(changes: Partial<DowntimeOpened> = {}): DowntimeOpened {
  return {
    kind: 'downtime.opened',
    machine: 'CNC-01',
    startedAt: '2026-01-31T09:00:00.000Z',
    reason: 'unassigned',
    category: null,
    workOrder: null,
    notes: '',
    ...changes,
  }
}

export function downtimeAmended(changes: Partial<DowntimeAmended> = {}): DowntimeAmended {
  return {
    kind: 'downtime.amended',
    machine: 'CNC-01',
    startedAt: '2026-01-31T09:00:00.000Z',
    endedAt: '2026-01-31T09:05:00.000Z',
    durationMinutes: 5,
    reason: 'mechanical_failure',
    category: 'equipment',
    workOrder: null,
    notes: '',
    ...changes,
  }
}

/** As the outbox hands them out, numbered from `firstSeq`. */
export function stored(events: readonly Event[], firstSeq = 1): StoredEvent[] {
  return events.map((event, index) => ({
    seq: firstSeq + index,
    event,
    capturedAtMs: Date.UTC(2026, 0, 31),
    hash: new Uint8Array([firstSeq + index]),
  }))
}
