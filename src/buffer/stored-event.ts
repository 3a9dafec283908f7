/** A row of the log as the event that it holds, and as one line of text for people and programs outside the gateway. */
import type { EventCodec } from '../domain/events/codec.ts'
import { utcText } from '../domain/instant.ts'
import { leftOutEvent, type StoredEvent } from '../domain/outbox.ts'
import { hashText } from './chain.ts'
import type { StoredRow } from './messages.ts'

/** Never throws: an event that cannot be read says so itself, and keeps its number. */
export function storedEvent(
  { seq, payload, capturedAtMs, hash, isLeftOut }: StoredRow,
  codec: EventCodec,
): StoredEvent {
  const event = codec.decode(payload)
  return { seq, event: isLeftOut ? leftOutEvent(event) : event, capturedAtMs, hash }
}

/** One line of NDJSON, as `export` prints it: the event in its present version; the hash is hexadecimal. */
export function eventLine({ seq, capturedAtMs, event, hash }: StoredEvent): string {
  const line = { seq, captured_at: utcText(capturedAtMs), event, hash: hashText(hash) }
  return `${JSON.stringify(line)}\n`
}
