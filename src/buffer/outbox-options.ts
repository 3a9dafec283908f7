/** Where the local log of a gateway is, and with which bounds it is opened. */
import { join } from 'node:path'
import type { Consumer } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { OutboxOptions } from './outbox.ts'
import type { BufferSettings } from './settings.ts'

/**
 * A placeholder file of 32 MB. On a full disk it is deleted first: that frees enough to store events for a while, and for the
 * clean-up, which itself needs space.
 */
const DISK_RESERVE_BYTES = 32 * 1024 * 1024

/** What the outbox shares with the rest of the gateway. */
interface OutboxWorld {
  readonly clock: Clock
  readonly log: Log
  readonly bootId: string
  /** Each reads the log under its name. */
  readonly routes: readonly Consumer[]
}

/** The options of `openOutbox`, out of the whole configuration. */
export function outboxOptions(
  { dataFolder, buffer }: { readonly dataFolder: string; readonly buffer: BufferSettings },
  { clock, log, bootId, routes }: OutboxWorld,
): OutboxOptions {
  const file = join(dataFolder, 'outbox.db')
  return { ...buffer, file, consumers: routes, reserveBytes: DISK_RESERVE_BYTES, bootId, clock, log }
}
