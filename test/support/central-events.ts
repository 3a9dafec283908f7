/** Events as the pipeline makes them, short to write. */
import type { DowntimeAmended, DowntimeOpened } from '../../src/domain/events/downtime.ts'
import { EVENT_VERSION, type Event } from '../../src/domain/events/event.ts'
import type { Scan, ScanUndone } from '../../src/domain/events/scan.ts'
import type { StatusAmended, StatusOpened } from '../../src/domain/events/status.ts'
import type { StoredEvent } from '../../src/domain/outbox.ts'

const CNC = { v: EVENT_VERSION, subject: 'machine:CNC-01', at: '2026-01-31T09:00:00.000Z' } as const
const NO_FINDINGS = { cause: [], countedUnseen: null, rule: null, marks: [] } as const

export function opened(changes: Partial<StatusOpened> = {}): StatusOpened {
  return {
    ...CNC,
    ...NO_FINDINGS,
    kind: 'status.opened',
    previousStatus: null,
    status: 'running',
    reason: null,
    workOrder: null,
    ...changes,
  }
}

/** An interval of five minutes has ended, unless the changes say otherwise. */
export function amended(changes: Partial<StatusAmended> = {}): StatusAmended {
  return {
    ...CNC,
    ...NO_FINDINGS,
    kind: 'status.amended',
    reason: null,
    workOrder: null,
    ended: minutes(5),
    ...changes,
  }
}

export function downtime(changes: Partial<DowntimeOpened> = {}): DowntimeOpened {
  return {
    ...CNC,
    kind: 'downtime.opened',
    reason: null,
    category: null,
    workOrder: null,
    code: null,
    laterCodes: [],
    rule: null,
    ...changes,
  }
}

export function downtimeAmended(changes: Partial<DowntimeAmended> = {}): DowntimeAmended {
  return {
    ...downtime(),
    kind: 'downtime.amended',
    reason: 'mechanical_failure',
    category: 'equipment',
    ended: { at: '2026-01-31T09:05:00.000Z', ...minutes(5) },
    ...changes,
  }
}

const PACK = { v: EVENT_VERSION, subject: 'station:PACK-1', at: '2026-01-31T09:00:00.000Z' } as const

/** @param operator `users.id` */
export function scan(operator: number, changes: Partial<Scan> = {}): Scan {
  return {
    ...PACK,
    kind: 'scan',
    data: 'ABC-123',
    scanType: 'unknown',
    aimId: null,
    operator,
    location: null,
    plant: null,
    machine: null,
    workOrder: null,
    reference: null,
    fields: {},
    marks: [],
    rule: null,
    ...changes,
  }
}

/** @param operator `users.id` */
export function scanUndone(operator: number, changes: Partial<ScanUndone> = {}): ScanUndone {
  return { ...PACK, kind: 'scan.undone', undoneAt: '2026-01-31T09:01:00.000Z', operator, ...changes }
}

/** An end after so many minutes. */
export function minutes(count: number) {
  return { durationMs: count * 60_000, minutes: count, marks: [] }
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
