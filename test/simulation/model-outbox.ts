/** A model of the local log: every call is durable at once. It has retention, and outlives the restarts of its gateway. */

import { StoreError } from '../../src/domain/errors.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type {
  Consumer,
  ConsumerStats,
  LogIdentity,
  LogPosition,
  Outbox,
  OutboxEntry,
  StoredEvent,
} from '../../src/domain/outbox.ts'
import type { Owner } from '../../src/domain/owner.ts'
import type { Recipient } from '../../src/domain/recipient.ts'
import { NO_DURATIONS } from '../support/no-counts.ts'

/** The consumer whose delivery the simulation watches. */
const CENTRAL: Consumer = { name: 'central', must: 'deliver' }

export interface ModelLog {
  readonly identity: LogIdentity
  readonly events: readonly StoredEvent[]
  /** Where the consumer `central` stands. */
  readonly cursorSeq: number
  append(events: readonly Event[]): void
  /** Removes events that everybody who must deliver has acknowledged, beyond the newest `keep` of them. */
  purge(keep: number): void
  /** The same log on another card. */
  clone(): ModelLog
  hash(seq: number): Uint8Array
  outbox(latency: () => Promise<void>): Outbox
}

export function createModelLog(
  identity: LogIdentity,
  image?: readonly StoredEvent[],
  cursor = 0,
  consumers: readonly Consumer[] = [CENTRAL],
): ModelLog {
  const log = new Rows(identity, image)
  const cursors = new ModelCursors(log, consumers, cursor)
  return {
    identity,
    events: log.events,
    hash: (seq) => log.hash(seq),
    get cursorSeq() {
      return cursors.at(CENTRAL.name)
    },
    append: (events) => log.append(events),
    purge: (keep) => {
      log.keptFrom = Math.max(log.keptFrom, cursors.removableUpTo() - keep + 1)
    },
    clone: () => createModelLog(identity, log.events, cursors.at(CENTRAL.name), consumers),
    outbox: (latency) => outboxOn(log, cursors, latency),
  }
}

class Rows {
  readonly identity: LogIdentity
  readonly events: StoredEvent[]
  readonly states = new Map<Owner, string>()
  readonly recipients = new Map<string, Recipient>()
  readonly listeners = new Set<() => void>()
  keptFrom = 1
  readonly #genesis: Uint8Array

  constructor(identity: LogIdentity, image: readonly StoredEvent[] = []) {
    this.identity = identity
    this.events = [...image]
    this.#genesis = chained(new Uint8Array(8), identity.incarnation)
  }

  get tailSeq(): number {
    return this.events.length
  }

  hash(seq: number): Uint8Array {
    if (seq === 0) return this.#genesis
    const event = this.events[seq - 1]
    if (!event) throw new Error(`the log has no event ${seq}`)
    return event.hash
  }

  place(seq: number): LogPosition {
    return { seq, hash: this.hash(seq) }
  }

  append(events: readonly Event[], capturedAtMs?: number): void {
    for (const event of events) {
      const seq = this.tailSeq + 1
      const hash = chained(this.hash(seq - 1), JSON.stringify(event))
      this.events.push({ seq, event, capturedAtMs: capturedAtMs ?? seq, hash })
    }
    if (events.length > 0) for (const listener of [...this.listeners]) listener()
  }

  save(states: readonly (readonly [Owner, string])[]): void {
    for (const [owner, text] of states) {
      if (text === 'null') this.states.delete(owner)
      else this.states.set(owner, text)
    }
  }
}

class ModelCursors {
  readonly #log: Rows
  readonly #consumers: readonly Consumer[]
  readonly #acked: Map<string, number>
  readonly #missed = new Map<string, number>()

  constructor(log: Rows, consumers: readonly Consumer[], cursor: number) {
    this.#log = log
    this.#consumers = consumers
    this.#acked = new Map(consumers.map(({ name }) => [name, name === CENTRAL.name ? cursor : 0]))
  }

  at(name: string): number {
    const consumer = this.#consumers.find((one) => one.name === name)
    const acked = this.#acked.get(name)
    if (!consumer || acked === undefined) throw new Error(`${name} is not configured as a consumer of it`)
    const before = this.#log.keptFrom - 1
    if (consumer.must === 'deliver' || acked >= before) return acked
    this.#missed.set(name, (this.#missed.get(name) ?? 0) + before - acked)
    this.#acked.set(name, before)
    return before
  }

  removableUpTo(): number {
    const delivering = this.#consumers.filter(({ must }) => must === 'deliver')
    return Math.min(this.#log.tailSeq, ...delivering.map(({ name }) => this.at(name)))
  }

  acknowledge(name: string, seq: number): void {
    if (seq > this.#log.tailSeq) throw new Error(`${name} acknowledged event ${seq} of ${this.#log.tailSeq}`)
    this.#acked.set(name, Math.max(this.at(name), seq))
  }

  rewind(name: string, seq: number): void {
    if (seq > this.at(name)) throw new Error(`${name} cannot be rewound forward to ${seq}`)
    if (seq < this.#log.keptFrom - 1)
      throw new StoreError('buffer-cursor', `${seq} is no longer kept`, { retryable: false })
    this.#acked.set(name, seq)
  }

  stats(): readonly ConsumerStats[] {
    return this.#consumers.map((consumer) => {
      const first = Math.max(this.at(consumer.name), this.#log.keptFrom - 1)
      const oldestPendingAtMs = this.#log.events[first]?.capturedAtMs ?? null
      const missed = this.#missed.get(consumer.name) ?? 0
      return { ...consumer, pending: this.#log.tailSeq - first, oldestPendingAtMs, missed }
    })
  }
}

function outboxOn(log: Rows, cursors: ModelCursors, latency: () => Promise<void>): Outbox {
  const slowly = async <T>(work: () => T): Promise<T> => {
    await latency()
    return work()
  }
  const isKept = (seq: number) => seq >= log.keptFrom - 1 && seq <= log.tailSeq
  return {
    identity: log.identity,
    uncommitted: 0,
    append: ({ at, events, states }) => {
      const saved = statesAsText(states)
      return slowly(() => {
        log.save(saved)
        log.append(events, at.wallMs)
      })
    },
    states: () =>
      slowly(() => Object.fromEntries([...log.states].map(([owner, text]) => [owner, JSON.parse(text)]))),
    losses: () => Promise.resolve([]),
    lossesTold: () => Promise.resolve(),
    replacedDamage: () => Promise.resolve(null),
    recipient: (consumer) => Promise.resolve(log.recipients.get(consumer)),
    deliverTo: (consumer, recipient) => slowly(() => void log.recipients.set(consumer, recipient)),
    tail: () => slowly(() => log.place(log.tailSeq)),
    cursor: (consumer) => slowly(() => log.place(cursors.at(consumer))),
    hashAt: (seq) => slowly(() => (isKept(seq) ? log.hash(seq) : undefined)),
    oldestKept: () => slowly(() => (log.keptFrom > log.tailSeq ? 0 : log.keptFrom)),
    read: (afterSeq, limit) =>
      slowly(() => {
        const from = Math.max(afterSeq, log.keptFrom - 1)
        return log.events.slice(from, from + limit)
      }),
    acknowledge: (consumer, seq) => slowly(() => cursors.acknowledge(consumer, seq)),
    rewind: (consumer, seq) => slowly(() => cursors.rewind(consumer, seq)),
    onStored: (listener) => {
      const own = () => listener()
      log.listeners.add(own)
      return () => log.listeners.delete(own)
    },
    stats: () =>
      slowly(() => {
        const consumers = cursors.stats()
        const delivering = consumers.filter(({ must }) => must === 'deliver')
        const oldest = delivering.flatMap(({ oldestPendingAtMs }) => oldestPendingAtMs ?? [])
        return {
          lastSeq: log.tailSeq,
          pending: Math.max(0, ...delivering.map(({ pending }) => pending)),
          oldestPendingAtMs: oldest.length === 0 ? null : Math.min(...oldest),
          consumers,
          bytes: 0,
          heldOpenBytes: 0,
          maxBytes: Number.POSITIVE_INFINITY,
          blocked: null,
          uncommitted: 0,
          commitTimes: NO_DURATIONS,
        }
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Texts at once, so that what the caller changes afterwards does not matter. */
function statesAsText(states: OutboxEntry['states']): readonly (readonly [Owner, string])[] {
  return Object.entries(states).map(([owner, state]) => [owner as Owner, JSON.stringify(state ?? null)])
}

/** FNV-1a over the hash before and the text, twice with different starts: eight bytes. */
function chained(before: Uint8Array, text: string): Uint8Array {
  const hash = new Uint8Array(8)
  const view = new DataView(hash.buffer)
  view.setUint32(0, fnv(before, text, 0x811c9dc5))
  view.setUint32(4, fnv(before, text, 0x01234567))
  return hash
}

function fnv(before: Uint8Array, text: string, start: number): number {
  let hash = start
  for (const byte of before) hash = Math.imul(hash ^ byte, 0x01000193)
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
