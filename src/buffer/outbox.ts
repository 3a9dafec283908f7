/**
 * The outbox in SQLite: the main thread's side of it.
 *
 * The file belongs to one worker thread with the only connection, so that a disk that takes seconds for a write delays no
 * poll. Events are stored in groups, numbered without gaps and chained by hash; what every consumer that
 * must deliver has acknowledged goes when its retention is over. It never loses an event whose append resolved, and never drops one that waits.
 */
import type { StoreError } from '../domain/errors.ts'
import type { EventCodec } from '../domain/events/codec.ts'
import { eventCodec } from '../domain/events/index.ts'
import type {
  Consumer,
  ConsumerStats,
  LogIdentity,
  LogPosition,
  Outbox,
  OutboxEntry,
  OutboxStats,
  StoredEvent,
} from '../domain/outbox.ts'
import type { Owner } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { within } from '../runtime/within.ts'
import { GroupCommit } from './group-commit.ts'
import type { LeaveOut } from './messages.ts'
import { storedEvent } from './stored-event.ts'
import { WorkerLink } from './worker-link.ts'

export interface OutboxOptions {
  /** The SQLite file; created with its folder where missing. */
  readonly file: string
  /** Who reads it. One that is in the file and not named here holds nothing back. */
  readonly consumers: readonly Consumer[]
  /** How long acknowledged events stay, so that a destination that was restored can be refilled. */
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
}

/** The outbox with what only commands and tests ask of it. */
export interface BufferOutbox extends Outbox {
  /** Recomputes the whole chain, between commits. Null when every kept event is what was stored. */
  verifyChain(): Promise<{ readonly afterSeq: number; readonly fault: string } | null>
  /**
   * Begins a new incarnation: what a consumer that must deliver has not acknowledged is numbered from 1 again, and the rest is
   * gone. Each consumer stands where it stood. An event left out for one consumer that another still needs stays, and the
   * one reads it as left out. Append nothing meanwhile.
   */
  beginIncarnation(epoch: number, leaveOut?: LeaveOut): Promise<void>
}

/** Between two looks for events whose retention is over. */
const TRIM_INTERVAL_MS = 60_000
/** Closing takes at most this for what is queued, and then this for the last checkpoint: 1.8 s together. */
const CLOSE_QUEUE_MAX_MS = 1_200
const CLOSE_FILE_MAX_MS = 600

/**
 * Opens the buffer.
 * @throws StoreError when the file cannot be used durably; its message says why and what to do
 */
export async function openOutbox(options: OutboxOptions): Promise<BufferOutbox> {
  const { file, consumers, maxBytes, reserveBytes = 0, log } = options
  const link = await WorkerLink.start({ file, consumers, maxBytes, reserveBytes }, log)
  return new SqliteOutbox(link, options)
}

class SqliteOutbox implements BufferOutbox {
  readonly #link: WorkerLink
  readonly #options: OutboxOptions
  readonly #codec: EventCodec
  readonly #commits: GroupCommit
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  constructor(link: WorkerLink, options: OutboxOptions) {
    this.#link = link
    this.#options = options
    this.#codec = options.codec ?? eventCodec
    this.#commits = new GroupCommit({
      store: (turn, group) => link.call('store', turn, group),
      onStored: () => {
        for (const listener of this.#listeners) listener()
      },
      encode: this.#codec.encode,
      bootId: options.bootId,
      clock: options.clock,
      log: options.log,
    })
    void this.#keepTrimmed(this.#closing.signal)
  }

  get identity(): LogIdentity {
    return this.#link.snapshot.identity
  }

  get uncommitted(): number {
    return this.#commits.uncommitted
  }

  append(entry: OutboxEntry): Promise<void> {
    return this.#commits.append(entry)
  }

  async states(): Promise<Readonly<Record<Owner, unknown>>> {
    const states = await this.#link.call('states')
    return Object.fromEntries(states.map(([owner, text]) => [owner, JSON.parse(text) as unknown]))
  }

  tail(): Promise<LogPosition> {
    return this.#link.call('tail')
  }

  cursor(consumer: string): Promise<LogPosition> {
    return this.#link.call('cursor', consumer)
  }

  hashAt(seq: number): Promise<Uint8Array | undefined> {
    return this.#link.call('hashAt', seq)
  }

  oldestKept(): Promise<number> {
    return this.#link.call('oldestKept')
  }

  async read(afterSeq: number, limit: number, consumer?: string): Promise<readonly StoredEvent[]> {
    const rows = await this.#link.call('read', afterSeq, limit, consumer)
    return rows.map((row) => storedEvent(row, this.#codec))
  }

  acknowledge(consumer: string, seq: number): Promise<void> {
    return this.#link.call('acknowledge', consumer, seq)
  }

  rewind(consumer: string, seq: number): Promise<void> {
    return this.#link.call('rewind', consumer, seq)
  }

  onStored(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** Answers at once, also while the disk is stuck. */
  async stats(): Promise<OutboxStats> {
    const { lastSeq, consumers, bytes } = this.#link.snapshot
    const { maxBytes } = this.#options
    return { lastSeq, ...slowest(consumers), consumers, bytes, maxBytes, blocked: this.#commits.blocked }
  }

  async verifyChain(): Promise<{ readonly afterSeq: number; readonly fault: string } | null> {
    let page = await this.#link.call('verify', undefined)
    while (!page.done) page = await this.#link.call('verify', page.upTo)
    return page.fault === null ? null : { afterSeq: page.upTo.seq, fault: page.fault }
  }

  beginIncarnation(epoch: number, leaveOut?: LeaveOut): Promise<void> {
    return this.#link.call('beginIncarnation', epoch, leaveOut)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { clock, log } = this.#options
    this.#closing.abort()
    await this.#commits.close(CLOSE_QUEUE_MAX_MS)
    const closed = this.#link.call('close').catch((error: unknown) => {
      log.warn({ error }, 'buffer: the last checkpoint failed; the next start does it')
    })
    await within(closed, { clock, maxMs: CLOSE_FILE_MAX_MS }, () => undefined)
    this.#link.end()
  }

  /** One chunk a call, so that commits come in between. */
  async #keepTrimmed(signal: AbortSignal): Promise<void> {
    const { clock, retentionMs, log } = this.#options
    while (!signal.aborted) {
      try {
        while (!signal.aborted && (await this.#link.call('trim', clock.now().wallMs - retentionMs))) {
          // The call has removed its chunk.
        }
      } catch (error) {
        if (!(error as StoreError).retryable) return
        log.debug({ error }, 'buffer: removing old events has to wait')
      }
      await clock.sleep(TRIM_INTERVAL_MS, signal)
    }
  }
}

/** What waits over all consumers that must deliver: the slowest counts. */
function slowest(consumers: readonly ConsumerStats[]): Pick<OutboxStats, 'pending' | 'oldestPendingAtMs'> {
  const delivering = consumers.filter(({ must }) => must === 'deliver')
  const oldest = delivering.flatMap(({ oldestPendingAtMs }) => oldestPendingAtMs ?? [])
  return {
    pending: Math.max(0, ...delivering.map(({ pending }) => pending)),
    oldestPendingAtMs: oldest.length === 0 ? null : Math.min(...oldest),
  }
}
