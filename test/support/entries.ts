/** Numbered events, and entries for the buffer. */
import type { Event } from '../../src/domain/event.ts'
import { utcText } from '../../src/domain/instant.ts'
import type { OutboxEntry } from '../../src/domain/outbox.ts'

export const START_MS = Date.UTC(2026, 0, 31, 9)

export function openedEvent(number: number, notes = ''): Event {
  return {
    kind: 'status.opened',
    machine: 'PRESS-04',
    changedAt: utcText(START_MS + number),
    previousStatus: 'running',
    status: 'down',
    reason: `E-${number}`,
    workOrder: null,
    notes,
  }
}

/** An entry of one event whose state counts along. */
export function entry(number: number, notes = ''): OutboxEntry {
  return {
    at: { wallMs: START_MS + number, monoMs: number + 0.25 },
    events: [openedEvent(number, notes)],
    states: { 'machine:PRESS-04': { count: number } },
  }
}
