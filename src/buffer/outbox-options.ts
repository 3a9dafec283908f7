/** Where the local log of a gateway is, and how it is opened. */
import { join } from 'node:path'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { OutboxOptions } from './outbox.ts'
import type { BufferSettings } from './settings.ts'

/**
 * A placeholder file of 32 MB. On a full disk it is deleted first: that frees enough to store events for a while, and for the
 * clean-up, which itself needs space.
 */
const DISK_RESERVE_BYTES = 32 * 1024 * 1024

/** From the whole configuration. */
export function outboxOptions(
  { dataFolder, buffer }: { readonly dataFolder: string; readonly buffer: BufferSettings },
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): OutboxOptions {
  return { ...buffer, file: join(dataFolder, 'outbox.db'), reserveBytes: DISK_RESERVE_BYTES, clock, log }
}
