/**
 * The local log of one run of the gateway: the real group commit, and in place of the thread that owns the file one that does one
 * thing after the other on the simulated disk. The thread dies with its process; the disk does not.
 */
import { GroupCommit } from '../../../src/buffer/group-commit.ts'
import { type Group, OUT_OF_TURN } from '../../../src/buffer/messages.ts'
import { StoreError } from '../../../src/domain/errors.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { LogPosition, Outbox } from '../../../src/domain/outbox.ts'
import type { Recipient } from '../../../src/domain/recipient.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { NO_DURATIONS } from '../../support/no-counts.ts'
import type { Random } from '../random.ts'
import type { LogDisk } from './log-disk.ts'

const CLOSE_MAX_MS = 700
const SILENT = createLog('silent')

/** What a mistake of the log would do otherwise. */
export interface LogHabits {
  readonly syncsBeforeAnswer: boolean
  readonly syncsAtOpen: boolean
  readonly knowsDoubtful: boolean
  readonly refusesOutOfTurn: boolean
  readonly savesStatesWithEvents: boolean
  /** What a full disk refuses is tried again; if not, it counts as stored. */
  readonly keepsRefused: boolean
  readonly keepsAcknowledged: boolean
}

export const SOUND_LOG: LogHabits = {
  syncsBeforeAnswer: true,
  syncsAtOpen: true,
  knowsDoubtful: true,
  refusesOutOfTurn: true,
  savesStatesWithEvents: true,
  keepsRefused: true,
  keepsAcknowledged: true,
}

interface ThreadParts {
  readonly disk: LogDisk
  /** Of the process: nothing goes on in it once it is dead. */
  readonly clock: Clock
  readonly random: Random
  readonly habits: LogHabits
}

/** The calls of the thread, which a process may die at, before each and after it. */
export class LogThread {
  readonly #parts: ThreadParts
  #last: Promise<unknown> = Promise.resolve()
  #turn = 1
  /** Where the log ends if the write that failed did succeed after all. */
  #doubtful: string | undefined

  constructor(parts: ThreadParts) {
    this.#parts = parts
    if (parts.habits.syncsAtOpen) parts.disk.sync()
  }

  /** One after the other, as a thread does: what comes behind a slow write waits for it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  ask<T>(question: (disk: LogDisk) => T): Promise<T> {
    return this.#inTurn(async () => {
      await this.#parts.clock.sleep(this.#parts.random.between(0, 2))
      // After an error the file is opened anew, which brings to the disk what is there.
      if (this.#doubtful !== undefined && this.#parts.habits.syncsAtOpen) this.#parts.disk.sync()
      return question(this.#parts.disk)
    })
  }

  change(work: (disk: LogDisk) => void): Promise<void> {
    return this.#inTurn(() => this.#write(work))
  }

  store(turn: number, group: Group): Promise<void> {
    return this.#inTurn(async () => {
      if (turn !== this.#turn && this.#parts.habits.refusesOutOfTurn)
        throw new StoreError(OUT_OF_TURN, 'it is not its turn', { retryable: true })
      try {
        await this.#write(
          (disk) => this.#storeOnce(disk, group),
          (tail) => {
            this.#doubtful = tail
          },
        )
      } catch (error) {
        if (this.#parts.habits.keepsRefused) throw error
      }
      this.#turn = turn + 1
    })
  }

  #storeOnce(disk: LogDisk, group: Group): void {
    const isThere = this.#doubtful !== undefined && positionText(disk.tail) === this.#doubtful
    this.#doubtful = undefined
    if (isThere && this.#parts.habits.knowsDoubtful) return
    const isWhole = this.#parts.habits.savesStatesWithEvents
    disk.write(isWhole ? group : { ...group, states: new Map() })
    if (isWhole) return
    disk.sync()
    disk.write({ payloads: [], capturedAtMs: [], states: group.states })
  }

  /** @param doubtful is told where the log ends when a write failed that may have succeeded */
  async #write(work: (disk: LogDisk) => void, doubtful: (tail: string) => void = () => {}): Promise<void> {
    const { disk, clock, random, habits } = this.#parts
    await clock.sleep(random.between(0, 3))
    if (disk.weather.isFull)
      throw new StoreError('buffer-disk-full', 'buffer: the disk is full', { retryable: true })
    const fails = disk.weather.errors > 0 && random.chance(disk.weather.errors)
    if (fails && random.chance(0.5)) throw diskError()
    work(disk)
    if (!habits.syncsBeforeAnswer) {
      void clock.sleep(random.between(...disk.weather.syncMs)).then(() => disk.sync())
      return
    }
    await clock.sleep(random.between(...disk.weather.syncMs))
    if (fails) {
      doubtful(positionText(disk.tail))
      throw diskError()
    }
    disk.sync()
  }
}

function diskError(): StoreError {
  return new StoreError('buffer-disk-error', 'buffer: the disk reports an error', { retryable: true })
}

function positionText({ seq, hash }: LogPosition): string {
  return `${seq} ${hash}`
}

/** The outbox as the gateway has it. @param thread as the process reaches it */
export function outboxOn(
  thread: Pick<LogThread, 'ask' | 'change' | 'store'>,
  { disk, clock, habits }: ThreadParts,
): Outbox & { readonly failed: Promise<never> } {
  const listeners = new Set<() => void>()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  const commits = new GroupCommit({
    store: (turn, group) => thread.store(turn, group),
    onStored: () => {
      for (const listener of listeners) listener()
    },
    onFailed: (fault) => failure.reject(fault),
    encode: eventCodec.encode,
    bootId: clock.now().boot,
    clock,
    log: SILENT,
  })
  const isKept = (seq: number) => seq >= disk.keptFrom - 1 && seq <= disk.tail.seq
  return {
    identity: disk.identity,
    failed: failure.promise,
    get uncommitted() {
      return commits.uncommitted
    },
    append: (entry) => commits.append(entry),
    states: () =>
      thread.ask(({ states }) =>
        Object.fromEntries([...states].map(([owner, text]) => [owner, JSON.parse(text) as unknown])),
      ),
    losses: () => Promise.resolve([]),
    lossesTold: () => Promise.resolve(),
    replacedDamage: () => Promise.resolve(null),
    recipient: (consumer) => Promise.resolve(disk.recipient(consumer)),
    deliverTo: (consumer, recipient: Recipient) => thread.change((one) => one.deliverTo(consumer, recipient)),
    tail: () => thread.ask(({ tail }) => tail),
    cursor: (consumer) =>
      thread.ask((one) => ({ seq: one.cursor(consumer), hash: one.hash(one.cursor(consumer)) })),
    hashAt: (seq) => thread.ask((one) => (isKept(seq) ? one.hash(seq) : undefined)),
    oldestKept: () => thread.ask(({ keptFrom, tail }) => (keptFrom > tail.seq ? 0 : keptFrom)),
    read: (afterSeq, limit) =>
      thread.ask(({ events, keptFrom }) => {
        const from = Math.max(afterSeq, keptFrom - 1)
        return events.slice(from, from + limit)
      }),
    // A cursor that cannot be saved moves all the same, and is saved later.
    acknowledge: (consumer, seq) =>
      thread.change((one) => {
        acknowledgeOn(one, consumer, seq)
        if (!habits.keepsAcknowledged) one.prune(seq)
      }),
    rewind: (consumer, seq) =>
      thread.change((one) => {
        if (seq < one.keptFrom - 1)
          throw new StoreError('buffer-cursor', `${seq} is no longer kept`, { retryable: false })
        one.move(consumer, seq)
      }),
    onStored: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stats: async () => statsOf(disk, commits),
    [Symbol.asyncDispose]: () => commits.close(CLOSE_MAX_MS),
  }
}

function acknowledgeOn(disk: LogDisk, consumer: string, seq: number): void {
  if (seq > disk.tail.seq) throw new Error(`${consumer} acknowledged event ${seq} of ${disk.tail.seq}`)
  if (seq > disk.cursor(consumer)) disk.move(consumer, seq)
}

function statsOf(disk: LogDisk, commits: GroupCommit) {
  const consumers = disk.consumers.map(({ name, must }) => {
    const pending = disk.tail.seq - disk.cursor(name)
    return { name, must, pending, oldestPendingAtMs: null, missed: 0 }
  })
  return {
    lastSeq: disk.tail.seq,
    pending: Math.max(0, ...consumers.map(({ pending }) => pending)),
    oldestPendingAtMs: null,
    consumers,
    bytes: 0,
    heldOpenBytes: 0,
    maxBytes: Number.POSITIVE_INFINITY,
    blocked: commits.blocked,
    uncommitted: commits.uncommitted,
    commitTimes: NO_DURATIONS,
  }
}
