/** Appends records to the chains of a trail, and cuts off the oldest ones where there are too many. */
import { type DatabaseHandle, usedBytesOf } from '../sqlite/database.ts'
import type { TrailHeads } from './messages.ts'
import {
  type ChainHead,
  type ChainName,
  type NewRecord,
  RECORD_COLUMNS,
  recordHash,
  type TrailRecord,
} from './records.ts'

/** A cut takes a tenth of what a chain may hold, so that it is rare, and itself no burden to the trail. */
const CUT_SHARE = 0.1

/** How much a trail keeps. */
export interface TrailBounds {
  /** Records, by chain. */
  readonly most: Readonly<Record<ChainName, number>>
  readonly bytes: number
}

/** What a cut says of itself: the first record that stays follows the last one that went. */
export interface TrailCut {
  readonly chain: ChainName
  readonly first: number
  readonly last: number
  /** Of the last record that went. */
  readonly hash: string
  /** Ms since 1970: when the first and the last of them were recorded. */
  readonly fromMs: number
  readonly toMs: number
}

/** The chains of one open file. Whoever calls opens a transaction around. */
export class TrailChains {
  readonly #db: DatabaseHandle
  readonly #bounds: TrailBounds
  readonly #usedBytes: () => number

  constructor(db: DatabaseHandle, bounds: TrailBounds) {
    this.#db = db
    this.#bounds = bounds
    this.#usedBytes = usedBytesOf(db)
  }

  get heads(): TrailHeads {
    return { gateway: this.head('gateway'), strangers: this.head('strangers') }
  }

  head(chain: ChainName): ChainHead {
    const select = this.#db.prepare<[ChainName], ChainHead>('SELECT seq, hash FROM chain WHERE name = ?')
    const head = select.get(chain)
    if (!head) throw new Error(`the trail has no chain ${chain}`)
    return head
  }

  recordAt(chain: ChainName, seq: number): TrailRecord | undefined {
    const select = `SELECT ${RECORD_COLUMNS} FROM record WHERE chain = ? AND seq = ?`
    return this.#db.prepare<[ChainName, number], TrailRecord>(select).get(chain, seq)
  }

  lastOf(subject: string): TrailRecord | undefined {
    const select = `SELECT ${RECORD_COLUMNS} FROM record WHERE subject = ? ORDER BY id DESC LIMIT 1`
    return this.#db.prepare<[string], TrailRecord>(select).get(subject)
  }

  append(record: NewRecord): void {
    const { subject, state, chain } = record
    if (subject !== null && state !== null && this.lastOf(subject)?.state === state) return
    const { gateway, strangers } = this.heads
    const before = chain === 'gateway' ? gateway : strangers
    const placed = { ...record, id: gateway.seq + strangers.seq + 1, seq: before.seq + 1 }
    const hash = recordHash(before.hash, placed)
    this.#db
      .prepare(
        `INSERT INTO record (id, chain, seq, at_ms, event, who, origin, what, subject, state, details, hash)
         VALUES (:id, :chain, :seq, :atMs, :event, :who, :origin, :what, :subject, :state, :details, :hash)`,
      )
      .run({ ...placed, hash })
    this.#db.prepare('UPDATE chain SET seq = ?, hash = ? WHERE name = ?').run(placed.seq, hash, chain)
  }

  /** Removes the oldest records of chains that hold too many, and records that it did. */
  keepBounded(atMs: number): void {
    for (const chain of ['strangers', 'gateway'] as const) {
      const most = this.#bounds.most[chain]
      const tooMany = this.#count(chain) > most * (1 + CUT_SHARE)
      const tooLarge = chain === 'gateway' && this.#usedBytes() > this.#bounds.bytes
      if (tooMany) this.#cut(chain, Math.ceil(most * CUT_SHARE), atMs)
      else if (tooLarge) this.#cut(chain, Math.ceil(this.#count(chain) * CUT_SHARE), atMs)
    }
  }

  #count(chain: ChainName): number {
    return this.head(chain).seq - this.#firstSeq(chain) + 1
  }

  #firstSeq(chain: ChainName): number {
    const select = 'SELECT min(seq) FROM record WHERE chain = ?'
    return this.#db.prepare<[ChainName], number | null>(select).pluck().get(chain) ?? this.head(chain).seq + 1
  }

  #cut(chain: ChainName, count: number, atMs: number): void {
    const from = this.recordAt(chain, this.#firstSeq(chain))
    const to = from && this.recordAt(chain, from.seq + count - 1)
    if (!from || !to) return
    const cut: TrailCut = {
      ...{ chain, first: from.seq, last: to.seq, hash: to.hash },
      ...{ fromMs: from.atMs, toMs: to.atMs },
    }
    this.#db.prepare('DELETE FROM record WHERE chain = ? AND seq <= ?').run(chain, to.seq)
    this.append({
      ...{ atMs, chain: 'gateway', event: 'trail-cut', who: null, origin: 'gateway' },
      what: `the oldest ${count} records of the chain ${chain} went, because it is full`,
      ...{ subject: null, state: null, details: JSON.stringify(cut) },
    })
  }
}
