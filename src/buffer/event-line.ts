/** An event as one line of text, for people and programs outside the gateway. */
import { utcText } from '../domain/instant.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import { hashText } from './chain.ts'

/** One line of NDJSON, as `export` prints it; the hash is hexadecimal. */
export function eventLine({ seq, capturedAtMs, event, hash }: StoredEvent): string {
  const line = { seq, captured_at: utcText(capturedAtMs), event, hash: hashText(hash) }
  return `${JSON.stringify(line)}\n`
}
