import { jsonLine } from '../commands/buffer/site.ts'
import { utcText } from '../domain/instant.ts'
import type { StoredEvent } from '../domain/outbox.ts'

/** An event of the log as `export` prints it; the hash is hexadecimal. */
export function eventLine({ seq, capturedAtMs, event, hash }: StoredEvent): string {
  return jsonLine({ seq, captured_at: utcText(capturedAtMs), event, hash: Buffer.from(hash).toString('hex') })
}
