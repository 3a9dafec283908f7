/** Numbered events, and entries for the buffer. */
import { EVENT_VERSION, type Event } from '../../src/domain/events/event.ts'
import type { StatusOpened } from '../../src/domain/events/status.ts'
import { utcText } from '../../src/domain/instant.ts'
import type { OutboxEntry } from '../../src/domain/outbox.ts'
import { machineOwner } from '../../src/domain/owner.ts'

export const START_MS = Date.UTC(2026, 0, 31, 9)

export function openedEvent(number: number, remark = ''): StatusOpened {
  return {
    v: EVENT_VERSION,
    kind: 'status.opened',
    at: utcText(START_MS + number),
    subject: machineOwner('PRESS-04'),
    previousStatus: 'running',
    status: 'down',
    reason: `E-${number}`,
    workOrder: null,
    cause: [],
    countedUnseen: null,
    rule: null,
    marks: [],
    remark,
  }
}

/** The number that an event was given by `openedEvent`. */
export function numberOf(event: Event): number {
  return Number((event as StatusOpened).reason?.slice(2))
}

/** An entry of one event whose state counts along. */
export function entry(number: number, remark = ''): OutboxEntry {
  return {
    at: { boot: 'boot-1', wallMs: START_MS + number, monoMs: number + 0.25 },
    events: [openedEvent(number, remark)],
    states: { [machineOwner('PRESS-04')]: { count: number } },
  }
}
