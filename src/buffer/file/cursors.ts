/**
 * How far each consumer has come. A cursor moves forward by acknowledging, and back only by rewinding.
 *
 * Consumers that must deliver hold events back from removal; those that yield do so only while there is room. One that reads at
 * best effort holds nothing back. What was removed before it was read is passed over and counted.
 *
 * A cursor follows its destination, which knows better how far it has come. So one that cannot be saved, on a full disk, moves
 * all the same and is saved later; no delivery waits for it. Nothing is removed before the cursor that allows it is saved.
 */
import { StoreError } from '../../domain/errors.ts'
import type { Consumer, ConsumerStats } from '../../domain/outbox.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { Damage, remedyOf } from '../../sqlite/store-fault.ts'
import { commit } from './commit-number.ts'
import type { EventLog } from './event-log.ts'

/** A cursor as it is saved. That of a best-effort consumer may lie before the oldest kept event, see {@link Cursors.at}. */
interface Cursor {
  readonly acked: number
  readonly missed: number
}

/** Saves a cursor. */
export const SAVE_CURSOR = `INSERT OR REPLACE INTO consumer (name, acked_seq, missed, hash)
  VALUES (@name, @acked, @missed, proof(@name, @acked, @missed))`

/** The cursors of all consumers that the file knows. */
export class Cursors {
  readonly #db: DatabaseHandle
  readonly #log: EventLog
  #consumers: ReadonlyMap<string, Consumer>
  readonly #save
  readonly #selectLeftOut
  /** Where each consumer is that the file knows, perhaps not saved yet. */
  readonly #known: Map<string, Cursor>
  /** Consumers that have moved since their cursor was last saved. */
  readonly #unsaved = new Set<string>()
  /** When each consumer's oldest pending event was captured, kept as long as its cursor does not move. */
  readonly #oldest = new Map<string, { readonly afterSeq: number; readonly atMs: number }>()

  constructor(db: DatabaseHandle, log: EventLog, consumers: readonly Consumer[]) {
    this.#db = db
    this.#log = log
    this.#consumers = byName(consumers)
    this.#save = db.prepare(SAVE_CURSOR)
    this.#selectLeftOut = db
      .prepare<[string, number, number], number>(
        'SELECT seq FROM left_out WHERE consumer = ? AND seq > ? AND seq <= ?',
      )
      .pluck()
    const rows = db
      .prepare<[], [string, number, number]>('SELECT name, acked_seq, missed FROM consumer')
      .raw()
    this.#known = new Map(rows.all().map(([name, acked, missed]) => [name, { acked, missed }]))
  }

  /** Others read the log from now on. The position of one that does no more stays, and holds nothing back. */
  configure(consumers: readonly Consumer[]): void {
    this.#consumers = byName(consumers)
  }

  /** @throws Damage when a cursor is beyond the end of the log */
  verify(): void {
    for (const [consumer, { acked }] of this.#known) {
      if (acked > this.#log.tail.seq)
        throw new Damage(`${consumer} acknowledged event ${acked}, which is not there`)
    }
  }

  /** Saves where consumers begin that are new to the file; what comes from now on and is removed unread counts as missed. */
  begin(): void {
    for (const name of this.#consumers.keys()) {
      if (!this.#known.has(name)) this.#move(name, this.#cursor(name))
    }
  }

  /** Saves what could not be saved when it moved. */
  save(): void {
    if (this.#unsaved.size === 0) return
    commit(this.#db, () => {
      for (const name of this.#unsaved) {
        const cursor = this.#known.get(name)
        if (cursor) this.#save.run({ name, ...cursor })
      }
    })
    this.#unsaved.clear()
  }

  /** Consumers that are in the file and not configured any more. Nothing is kept for them. */
  get unconfigured(): readonly string[] {
    return [...this.#known.keys()].filter((name) => !this.#consumers.has(name))
  }

  /** Everybody who reads the log. */
  get names(): readonly string[] {
    return [...this.#consumers.keys()]
  }

  /** Consumers that hold events back. */
  get delivering(): readonly string[] {
    return [...this.#consumers.values()].filter(({ must }) => must === 'deliver').map(({ name }) => name)
  }

  /** Those that hold events back also where there is no room for others. */
  get #unyielding(): readonly string[] {
    return this.delivering.filter((name) => this.#consumers.get(name)?.yields === undefined)
  }

  /** Consumers that yield and have missed events: some that they had not read were removed. */
  get deprived(): readonly string[] {
    const behind = (name: string) => (this.#known.get(name)?.acked ?? 0) < this.#log.pruned.seq
    return this.delivering.filter((name) => !this.#unyielding.includes(name) && behind(name))
  }

  /** Consumers that keep a full log from making room: of those that do not yield, the ones that have acknowledged least. */
  get holdingBack(): readonly string[] {
    const upToSeq = this.removableInNeed()
    return this.#unyielding.filter((name) => this.at(name) === upToSeq)
  }

  /**
   * The last event that a consumer has acknowledged; for one at best effort at least the last event that was removed.
   * @throws StoreError for a consumer that is not configured
   */
  at(consumer: string): number {
    return this.#cursor(consumer).acked
  }

  /** The last event that no consumer that must deliver needs any more. */
  removableUpTo(): number {
    return Math.min(this.#log.tail.seq, ...this.delivering.map((name) => this.at(name)))
  }

  /** The last event that may go where there is no room: consumers that yield miss what they have not read. */
  removableInNeed(): number {
    return Math.min(this.#log.tail.seq, ...this.#unyielding.map((name) => this.at(name)))
  }

  /** @throws StoreError for a number that was never given to an event */
  acknowledge(consumer: string, seq: number): void {
    if (seq > this.#log.tail.seq)
      throw misuse(`${consumer} acknowledged event ${seq} of ${this.#log.tail.seq}`)
    const { acked, missed } = this.#cursor(consumer)
    if (seq > acked) this.#move(consumer, { acked: seq, missed })
  }

  /** @throws StoreError when that would be forward, or to where events are no longer kept */
  rewind(consumer: string, seq: number): void {
    const { acked, missed } = this.#cursor(consumer)
    if (seq > acked) throw misuse(`${consumer} cannot be rewound forward to ${seq}`)
    if (seq < this.#log.pruned.seq) {
      throw misuse(`${consumer} cannot be rewound to ${seq}: kept from ${this.#log.pruned.seq + 1} on`)
    }
    this.#move(consumer, { acked: seq, missed })
  }

  /** Which events of a page an adoption left out for a consumer; none for whoever reads without being one. */
  leftOut(consumer: string | undefined, afterSeq: number, upToSeq: number): ReadonlySet<number> {
    return new Set(consumer === undefined ? [] : this.#selectLeftOut.all(consumer, afterSeq, upToSeq))
  }

  stats(): readonly ConsumerStats[] {
    return [...this.#consumers.values()].map(({ name, must }) => {
      const { acked, missed } = this.#cursor(name)
      const pending = this.#log.tail.seq - Math.max(acked, this.#log.pruned.seq)
      return { name, must, pending, oldestPendingAtMs: this.#oldestAfter(name, acked), missed }
    })
  }

  /** The cursor that counts. That of a consumer which may miss events is never before the oldest kept one: what was removed unread is missed. */
  #cursor(consumer: string): Cursor {
    const configured = this.#consumers.get(consumer)
    if (!configured) throw misuse(`${consumer} is not configured as a consumer of it`)
    const known = this.#known.get(consumer)
    const pruned = this.#log.pruned.seq
    if (configured.must === 'deliver' && !configured.yields) return known ?? { acked: 0, missed: 0 }
    // What was removed before a consumer was ever configured was never meant for it.
    const { acked, missed } = known ?? { acked: pruned, missed: 0 }
    return { acked: Math.max(acked, pruned), missed: missed + Math.max(pruned - acked, 0) }
  }

  #move(consumer: string, cursor: Cursor): void {
    this.#known.set(consumer, cursor)
    this.#unsaved.add(consumer)
    try {
      this.save()
    } catch (error) {
      if (remedyOf(error) !== 'wait') throw error
    }
  }

  #oldestAfter(consumer: string, seq: number): number | null {
    const known = this.#oldest.get(consumer)
    if (known?.afterSeq === seq) return known.atMs
    const atMs = this.#log.firstCapturedAfter(seq)
    if (atMs !== null) this.#oldest.set(consumer, { afterSeq: seq, atMs })
    return atMs
  }
}

function byName(consumers: readonly Consumer[]): ReadonlyMap<string, Consumer> {
  return new Map(consumers.map((consumer) => [consumer.name, consumer]))
}

function misuse(message: string): StoreError {
  return new StoreError('buffer-cursor', `buffer: ${message}`, { retryable: false })
}
