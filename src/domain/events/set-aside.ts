/** How an event is kept in the quarantine of a destination, and read back. */
import type { StoredEvent } from '../outbox.ts'
import type { EventCodec } from './codec.ts'
import { type Event, isUnreadable } from './event.ts'

/** Stands among the fields of the event. No event has a field of this name. */
const CAPTURED = 'capturedAtMs'

/**
 * A value for a jsonb column: the event, and when it was stored, of which its id is made. An event that could not be read is
 * kept as it was stored, so that a newer version can read it.
 */
export function setAsideForm({ event, capturedAtMs }: Pick<StoredEvent, 'event' | 'capturedAtMs'>): object {
  return { ...payloadOf(event), [CAPTURED]: capturedAtMs }
}

/** The event that was set aside, by whatever version. */
export function readSetAside(
  value: unknown,
  codec: EventCodec,
): { readonly event: Event; readonly capturedAtMs: number } {
  if (typeof value !== 'object' || value === null) return { event: codec.read(value), capturedAtMs: 0 }
  const { [CAPTURED]: capturedAtMs, ...payload } = value as Readonly<Record<string, unknown>>
  return { event: codec.read(payload), capturedAtMs: typeof capturedAtMs === 'number' ? capturedAtMs : 0 }
}

function payloadOf(event: Event): object {
  if (!isUnreadable(event)) return event
  try {
    const payload: unknown = JSON.parse(event.payload)
    if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return payload
  } catch {
    // It is no JSON.
  }
  // Where the payload is no group of fields, it is kept as a field.
  return { payload: event.payload }
}
