/** How far each consumer has acknowledged. A cursor moves forward by acknowledging, and back only by rewinding. */
import { StoreError } from '../../domain/errors.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import type { EventLog } from './event-log.ts'

/** The consumer whose acknowledgement says that an event is where it belongs. */
export const CENTRAL = 'central'

export class Cursors {
  readonly #log: EventLog
  readonly #save
  readonly #acked: Map<string, number>

  constructor(db: DatabaseHandle, log: EventLog) {
    this.#log = log
    this.#save = db.prepare('INSERT OR REPLACE INTO consumer (name, acked_seq) VALUES (?, ?)')
    this.#acked = new Map(
      db.prepare<[], [string, number]>('SELECT name, acked_seq FROM consumer').raw().all(),
    )
  }

  /** @throws Damage when a cursor stands beyond the end of the log */
  verify(): void {
    for (const [consumer, seq] of this.#acked) {
      if (seq > this.#log.tail.seq)
        throw new Damage(`${consumer} acknowledged event ${seq}, which is not there`)
    }
  }

  /** Begins at 0 when first asked for, and holds back retention from then on. */
  at(consumer: string): number {
    const seq = this.#acked.get(consumer)
    if (seq === undefined) this.#move(consumer, 0)
    return seq ?? 0
  }

  /** The same without beginning one. */
  peek(consumer: string): number {
    return this.#acked.get(consumer) ?? 0
  }

  /** Up to where every consumer has acknowledged; 0 while there is none, because then nobody has seen anything. */
  acknowledgedByAll(): number {
    return this.#acked.size === 0 ? 0 : Math.min(...this.#acked.values())
  }

  /** @throws StoreError for a number that was never given to an event */
  acknowledge(consumer: string, seq: number): void {
    if (seq > this.#log.tail.seq)
      throw misuse(`${consumer} acknowledged event ${seq} of ${this.#log.tail.seq}`)
    if (seq > this.at(consumer)) this.#move(consumer, seq)
  }

  /** @throws StoreError when that would be forward, or to where events are no longer kept */
  rewind(consumer: string, seq: number): void {
    if (seq > this.at(consumer)) throw misuse(`${consumer} cannot be rewound forward to ${seq}`)
    if (seq < this.#log.pruned.seq) {
      throw misuse(`${consumer} cannot be rewound to ${seq}: kept from ${this.#log.pruned.seq + 1} on`)
    }
    this.#move(consumer, seq)
  }

  #move(consumer: string, seq: number): void {
    this.#save.run(consumer, seq)
    this.#acked.set(consumer, seq)
  }
}

function misuse(message: string): StoreError {
  return new StoreError('buffer-cursor', `buffer: ${message}`, { retryable: false })
}
