/**
 * The outbox in SQLite: the main thread's side of it.
 *
 * The file belongs to one worker thread with the only connection, so that a disk that takes seconds for a write delays no
 * poll. Events are stored in groups, numbered without gaps and chained by hash. What every consumer that must deliver has
 * acknowledged is removed when its retention is over. It never loses an event whose append resolved, and never drops one that
 * waits.
 */
import { StoreError } from '../domain/errors.ts'
import type { EventCodec } from '../domain/events/codec.ts'
import { eventCodec } from '../domain/events/index.ts'
import type {
  Consumer,
  ConsumerStats,
  LogIdentity,
  LogPosition,
  Loss,
  Outbox,
  OutboxEntry,
  OutboxStats,
  ReplacedDamage,
  StoredEvent,
} from '../domain/outbox.ts'
import type { Owner } from '../domain/owner.ts'
import type { Recipient } from '../domain/recipient.ts'
import { createStopBudget, type StopBudget } from '../runtime/budget.ts'
import { GroupCommit } from './group-commit.ts'
import type { LeaveOut } from './messages.ts'
import type { OutboxOptions } from './outbox-options.ts'
import { storedEvent } from './stored-event.ts'
import { rowsOf } from './stored-page.ts'
import { WorkerLink } from './worker-link.ts'

/** The outbox with what only commands and tests ask of it. */
export interface BufferOutbox extends Outbox {
  /**
   * Rejects with a StoreError when nothing can be stored any more, however long one waits. Whoever runs on the outbox must end:
   * a new process begins with what is on disk, while this one could only go on with a hole.
   */
  readonly failed: Promise<never>
  /** These read the log from now on, and no others: the position of one that is left out stays, and holds nothing back. */
  configure(consumers: readonly Consumer[]): Promise<void>
  /** Events that no consumer gets any more: each reads them as events of the kind `left-out`. The log keeps them as they are. */
  leaveOut(seqs: readonly number[]): Promise<void>
  /** Recomputes the whole chain, between commits. Null when every kept event is what was stored. */
  verifyChain(): Promise<{ readonly afterSeq: number; readonly fault: string } | null>
  /**
   * Begins a new incarnation: what a consumer that must deliver has not acknowledged is numbered from 1 again, and the rest is
   * removed. Each cursor stays at the same event. An event that is left out for one consumer and that another one still needs
   * is kept; the first reads it as an event of the kind `left-out`. Append nothing meanwhile.
   * @param recipients whom consumers deliver to from then on, by their names; the others go on as they were
   */
  beginIncarnation(
    epoch: number,
    leaveOut?: LeaveOut,
    recipients?: Readonly<Record<string, Recipient>>,
  ): Promise<void>
}

/** Between two looks for events whose retention is over. */
const TRIM_INTERVAL_MS = 60_000

/**
 * Opens the buffer. That checks the whole file, which takes a second for 128 MB: a stop meanwhile gives it up, without harm.
 * @throws StoreError when the file cannot be used durably; its message says why and what to do
 * @throws the reason of the stop, when one was asked for meanwhile
 */
export async function openOutbox(options: OutboxOptions): Promise<BufferOutbox> {
  const { file, maxBytes, reserveBytes = 0, log, clock } = options
  const consumers = namesOf(options.consumers)
  const budget = options.budget ?? createStopBudget(new AbortController().signal, clock)
  const link = options.thread ?? new WorkerLink(log)
  await link.open({ file, consumers, maxBytes, reserveBytes }, budget)
  return new SqliteOutbox(link, { ...options, budget })
}

class SqliteOutbox implements BufferOutbox {
  readonly #link: WorkerLink
  readonly #options: OutboxOptions & { readonly budget: StopBudget }
  readonly #codec: EventCodec
  readonly #commits: GroupCommit
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  readonly #failure = Promise.withResolvers<never>()
  #hasFailed = false
  #closed: Promise<void> | undefined

  constructor(link: WorkerLink, options: OutboxOptions & { readonly budget: StopBudget }) {
    this.#link = link
    this.#options = options
    this.#codec = options.codec ?? eventCodec
    this.#commits = new GroupCommit({
      store: (turn, group) => link.call('store', turn, group),
      onStored: () => {
        for (const listener of this.#listeners) listener()
      },
      onFailed: (failure) => this.#fail(failure),
      encode: this.#codec.encode,
      bootId: options.bootId,
      clock: options.clock,
      log: options.log,
    })
    // Whoever does not watch it sees the failure in each call.
    this.#failure.promise.catch(() => undefined)
    void link.endedByItself.then((failure) => this.#fail(failure))
    void this.#keepTrimmed(this.#closing.signal)
  }

  get failed(): Promise<never> {
    return this.#failure.promise
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

  losses(): Promise<readonly Loss[]> {
    return this.#link.call('losses')
  }

  lossesTold(ids: readonly number[]): Promise<void> {
    return this.#link.call('lossesTold', ids)
  }

  replacedDamage(): Promise<ReplacedDamage | null> {
    return this.#link.call('replacedDamage')
  }

  configure(consumers: readonly Consumer[]): Promise<void> {
    return this.#link.call('configure', namesOf(consumers))
  }

  recipient(consumer: string): Promise<Recipient | undefined> {
    return this.#link.call('recipient', consumer)
  }

  deliverTo(consumer: string, recipient: Recipient): Promise<void> {
    return this.#link.call('deliverTo', consumer, recipient)
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
    const page = await this.#link.call('read', afterSeq, limit, consumer)
    return rowsOf(page).map((row) => storedEvent(row, this.#codec))
  }

  async acknowledge(consumer: string, seq: number): Promise<void> {
    const before = this.#link.snapshot.removableUpTo
    await this.#link.call('acknowledge', consumer, seq)
    // While another one holds the same events back, this one makes no room.
    if (this.#link.snapshot.removableUpTo > before) this.#commits.roomMayBeMade()
  }

  rewind(consumer: string, seq: number): Promise<void> {
    return this.#link.call('rewind', consumer, seq)
  }

  leaveOut(seqs: readonly number[]): Promise<void> {
    return this.#link.call('leaveOut', seqs)
  }

  onStored(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** Answers at once, also while the disk is stuck. */
  async stats(): Promise<OutboxStats> {
    const { lastSeq, consumers, bytes, heldOpenBytes } = this.#link.snapshot
    const { maxBytes } = this.#options
    const { blocked, uncommitted, commitTimes } = this.#commits
    const file = { consumers, bytes, heldOpenBytes, maxBytes }
    return { lastSeq, ...slowest(consumers), ...file, blocked, uncommitted, commitTimes }
  }

  async verifyChain(): Promise<{ readonly afterSeq: number; readonly fault: string } | null> {
    let page = await this.#link.call('verify', undefined)
    while (!page.done) page = await this.#link.call('verify', page.upTo)
    return page.fault === null ? null : { afterSeq: page.upTo.seq, fault: page.fault }
  }

  beginIncarnation(
    epoch: number,
    leaveOut?: LeaveOut,
    recipients: Readonly<Record<string, Recipient>> = {},
  ): Promise<void> {
    return this.#link.call('beginIncarnation', epoch, leaveOut, recipients)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #fail(cause: StoreError): void {
    if (this.#hasFailed || this.#closing.signal.aborted) return
    this.#hasFailed = true
    const options = { retryable: false, cause, hint: cause.hint ?? 'start the gateway again' }
    const what = `nothing can be stored any more: ${cause.message}`
    const failure = new StoreError('buffer-failed', what, options)
    this.#options.log.error({ event: 'buffer-failed', code: failure.code, cause: cause.code }, what)
    this.#failure.reject(failure)
  }

  async #close(): Promise<void> {
    const { budget, log } = this.#options
    this.#closing.abort()
    await this.#commits.close(budget.leftMs('last commits'))
    const isClosed = await budget.within('log file', this.#closeFile())
    if (isClosed) return
    const what = 'buffer: the disk has not finished a write; what was not stored by then is lost'
    log.error({ event: 'buffer-unfinished' }, what)
    void this.#link.end()
  }

  async #closeFile(): Promise<void> {
    await this.#link.call('close').catch((error: unknown) => {
      const what = 'buffer: the last checkpoint failed; the next start does it'
      this.#options.log.warn({ event: 'buffer-checkpoint-failed', error }, what)
    })
    await this.#link.leave()
  }

  /** One chunk a call, so that commits come in between. */
  async #keepTrimmed(signal: AbortSignal): Promise<void> {
    const { clock, retentionMs, log } = this.#options
    const openedMs = clock.now().monoMs
    const trim = () => this.#link.call('trim', clock.now().monoMs - openedMs, retentionMs)
    while (!signal.aborted) {
      try {
        while (!signal.aborted && (await trim())) {
          // The call has removed its chunk.
        }
      } catch (error) {
        if (!signal.aborted) log.debug({ event: 'buffer-trim-waits', error }, 'buffer: old events wait')
      }
      await clock.sleep(TRIM_INTERVAL_MS, signal)
    }
  }
}

/** The thread that owns the file gets copies, and a whole route could not be copied. */
function namesOf(consumers: readonly Consumer[]): readonly Consumer[] {
  return consumers.map(({ name, must, yields }) => ({ name, must, ...(yields && { yields }) }))
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
