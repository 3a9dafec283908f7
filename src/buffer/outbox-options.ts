/** Where the local log of a gateway is, and with which bounds it is opened. */
import { join } from 'node:path'
import type { EventCodec } from '../domain/events/codec.ts'
import type { Consumer } from '../domain/outbox.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { BufferSettings } from './settings.ts'
import type { WorkerLink } from './worker-link.ts'

/** Which file, who reads it, and its bounds. */
export interface OutboxOptions {
  /** The SQLite file; created where missing. Its folder has to be there. */
  readonly file: string
  /** Who reads it. One that is in the file and not named here holds nothing back. */
  readonly consumers: readonly Consumer[]
  /** How long acknowledged events stay, so that a destination that was restored can be refilled. Only time in which it is open counts. */
  readonly retentionMs: number
  /** Bound of the file's used pages. At it, acknowledged events go early; then appends wait. */
  readonly maxBytes: number
  /** Names the present boot of the computer; saved with each event, because monotonic times count from a boot. */
  readonly bootId: string
  readonly clock: Clock
  readonly log: Log
  /** How events become text and are read again; for all kinds that this gateway writes, if not given. */
  readonly codec?: EventCodec
  /**
   * Size of a file beside it that is deleted when the disk is full, so that events can be stored for a while yet. Default:
   * none. Below the size of the write-ahead log (4 MiB) it is of no use.
   */
  readonly reserveBytes?: number
  /** Gives up the opening and bounds the closing. Default: one of its own, for a stop in which nothing else has to end. */
  readonly budget?: StopBudget
  /** A thread for it that was started before, and has opened no file. Default: it starts one. */
  readonly thread?: WorkerLink | undefined
}

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

/** The local log of a gateway. */
export function outboxFile(dataFolder: string): string {
  return join(dataFolder, 'outbox.db')
}

/** The options of `openOutbox`, out of the whole configuration. */
export function outboxOptions(
  { dataFolder, buffer }: { readonly dataFolder: string; readonly buffer: BufferSettings },
  { clock, log, bootId, routes }: OutboxWorld,
): OutboxOptions {
  const file = outboxFile(dataFolder)
  return { ...buffer, file, consumers: routes, reserveBytes: DISK_RESERVE_BYTES, bootId, clock, log }
}
