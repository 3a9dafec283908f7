/**
 * The disk with the local log, in two layers: what was written, which a killed process leaves behind, and what was synced, which is
 * all that a power cut leaves. The events are what the real code makes of them: its text, its hashes.
 */
import { chainHash, genesisHash, hashBytes, hashText } from '../../../src/buffer/chain.ts'
import type { Group } from '../../../src/buffer/messages.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { Consumer, LogIdentity, LogPosition, StoredEvent } from '../../../src/domain/outbox.ts'
import type { Owner } from '../../../src/domain/owner.ts'
import type { Recipient } from '../../../src/domain/recipient.ts'

/** What the disk does to those who write now. */
export interface DiskWeather {
  readonly isFull: boolean
  /** The probability that a write ends with an error; what was written may be there all the same. */
  readonly errors: number
  /** How long a sync takes, from and to, in ms. */
  readonly syncMs: readonly [number, number]
}

export const SOUND: DiskWeather = { isFull: false, errors: 0, syncMs: [1, 8] }

/** Everything but the rows, and how many of those there are. */
interface Image {
  readonly length: number
  readonly keptFrom: number
  readonly states: ReadonlyMap<Owner, string>
  readonly cursors: ReadonlyMap<string, number>
  readonly recipients: ReadonlyMap<string, Recipient>
}

const EMPTY: Image = { length: 0, keptFrom: 1, states: new Map(), cursors: new Map(), recipients: new Map() }

export class LogDisk {
  readonly identity: LogIdentity
  readonly consumers: readonly Consumer[]
  weather: DiskWeather = SOUND
  readonly #rows: StoredEvent[] = []
  readonly #payloads: string[] = []
  /** When each was written, in truth. */
  readonly #writtenAt: number[] = []
  readonly #nowMs: () => number
  #written: Image = EMPTY
  #durable: Image = EMPTY

  constructor(identity: LogIdentity, consumers: readonly Consumer[], nowMs: () => number) {
    this.identity = identity
    this.consumers = consumers
    this.#nowMs = nowMs
  }

  /** Whether something was written that is not synced yet. */
  get isBusy(): boolean {
    return this.#written !== this.#durable
  }

  /** All events that were ever written and not lost, also those that retention has removed. */
  get events(): readonly StoredEvent[] {
    return this.#rows
  }

  /** The same as text, as it is stored. */
  get payloads(): readonly string[] {
    return this.#payloads
  }

  get states(): ReadonlyMap<Owner, string> {
    return this.#written.states
  }

  get keptFrom(): number {
    return this.#written.keptFrom
  }

  recipient(consumer: string): Recipient | undefined {
    return this.#written.recipients.get(consumer)
  }

  /** The position of one that is at best effort is never before the oldest kept event. */
  cursor(consumer: string): number {
    const acked = this.#written.cursors.get(consumer) ?? 0
    const { must } = this.consumers.find(({ name }) => name === consumer) ?? { must: 'deliver' }
    return must === 'deliver' ? acked : Math.max(acked, this.keptFrom - 1)
  }

  hash(seq: number): Uint8Array {
    const hash = seq === 0 ? hashBytes(genesisHash(this.identity.incarnation)) : this.#rows[seq - 1]?.hash
    if (!hash) throw new Error(`the log has no event ${seq}`)
    return hash
  }

  get tail(): LogPosition {
    return { seq: this.#rows.length, hash: this.hash(this.#rows.length) }
  }

  write(group: Pick<Group, 'payloads' | 'capturedAtMs' | 'states'>): void {
    for (const [index, payload] of group.payloads.entries()) {
      const { seq: before, hash } = this.tail
      const link = { seq: before + 1, payload, capturedAtMs: group.capturedAtMs[index] ?? 0 }
      const { seq, capturedAtMs } = link
      const chained = hashBytes(chainHash(hashText(hash), link))
      this.#rows.push({ seq, capturedAtMs, event: eventCodec.decode(payload), hash: chained })
      this.#payloads.push(payload)
      this.#writtenAt.push(this.#nowMs())
    }
    const states = new Map(this.#written.states)
    for (const [owner, text] of group.states) {
      if (text === null) states.delete(owner as Owner)
      else states.set(owner as Owner, text)
    }
    this.#written = { ...this.#written, length: this.#rows.length, states }
  }

  move(consumer: string, seq: number): void {
    this.#written = { ...this.#written, cursors: new Map(this.#written.cursors).set(consumer, seq) }
  }

  deliverTo(consumer: string, recipient: Recipient): void {
    this.#written = { ...this.#written, recipients: new Map(this.#written.recipients).set(consumer, recipient) }
  }

  /** Removes what everybody who must have it has acknowledged, up to a number. */
  prune(upToSeq: number): void {
    const delivering = this.consumers.filter(({ must }) => must === 'deliver')
    const removable = Math.min(upToSeq, ...delivering.map(({ name }) => this.cursor(name)))
    if (removable >= this.keptFrom) this.#written = { ...this.#written, keptFrom: removable + 1 }
  }

  /** The same for what was written before a moment. */
  forget(beforeMs: number): void {
    this.prune(this.#writtenAt.findLastIndex((at) => at < beforeMs) + 1)
  }

  sync(): void {
    this.#durable = this.#written
  }

  /** What was written and not synced is gone. */
  cutPower(): void {
    this.#written = this.#durable
    this.#rows.length = this.#durable.length
    this.#payloads.length = this.#durable.length
    this.#writtenAt.length = this.#durable.length
  }
}
