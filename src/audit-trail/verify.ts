/** Reads a whole trail and says whether it is what was recorded: nothing changed, missing, in another order or cut off. */
import Database from 'better-sqlite3'
import type { DatabaseHandle } from '../sqlite/database.ts'
import { knownHeads } from './head-file.ts'
import type { TrailHeads } from './messages.ts'
import { type ChainHead, type ChainName, RECORD_COLUMNS, recordHash, type TrailRecord } from './records.ts'
import type { TrailCut } from './trail-chain.ts'

const BUSY_TIMEOUT_MS = 5_000
const CHAINS = ['gateway', 'strangers'] as const
/** More are not named one by one. */
const PROBLEMS_MAX = 100

/** What was found. */
export interface TrailVerdict {
  readonly records: number
  /** Ms since 1970; null where there are none. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly cuts: readonly TrailCut[]
  readonly heads: TrailHeads | null
  /** In words. Where there are none, the trail is whole. */
  readonly problems: readonly string[]
}

/** @param expected the last record of the gateway's chain, as somebody has written it down elsewhere */
export function verifyTrail(file: string, expected?: ChainHead): TrailVerdict {
  const found = { records: 0, fromMs: null, toMs: null, cuts: [], heads: null }
  let db: DatabaseHandle | undefined
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    const open = db
    return open.transaction(() => new Verification(open).verdict(knownHeads(file), expected))()
  } catch (error) {
    return { ...found, problems: [`the file cannot be read: ${(error as Error).message}`] }
  } finally {
    db?.close()
  }
}

class Verification {
  readonly #db: DatabaseHandle
  readonly #problems: string[] = []
  #records = 0
  #fromMs: number | null = null
  #toMs: number | null = null

  constructor(db: DatabaseHandle) {
    this.#db = db
  }

  verdict(known: TrailHeads | undefined, expected: ChainHead | undefined): TrailVerdict {
    const state = this.#db.pragma('integrity_check(1)', { simple: true })
    if (state !== 'ok') this.#problem(`the file is damaged: ${state}`)
    const cuts = this.#cuts()
    const heads = { gateway: this.#walk('gateway', cuts), strangers: this.#walk('strangers', cuts) }
    for (const chain of CHAINS) {
      this.#compare(chain, this.#noted(chain), heads[chain], 'as the trail itself says')
      if (known) this.#compareEarlier(chain, known[chain], heads[chain], 'as the file beside the trail says')
    }
    if (expected) this.#compareEarlier('gateway', expected, heads.gateway, 'as was written down')
    this.#addKnownBreaks()
    return {
      ...{ records: this.#records, fromMs: this.#fromMs, toMs: this.#toMs, cuts, heads },
      problems: this.#problems.slice(0, PROBLEMS_MAX),
    }
  }

  #cuts(): readonly TrailCut[] {
    const select = "SELECT details FROM record WHERE event = 'trail-cut' ORDER BY id"
    return this.#db
      .prepare<[], string>(select)
      .pluck()
      .all()
      .map((details) => JSON.parse(details) as TrailCut)
  }

  /** @returns the last record that is there */
  #walk(chain: ChainName, cuts: readonly TrailCut[]): ChainHead {
    const select = `SELECT ${RECORD_COLUMNS} FROM record WHERE chain = ? ORDER BY seq`
    const cut = cuts.findLast((one) => one.chain === chain)
    let last: ChainHead = cut ? { seq: cut.last, hash: cut.hash } : { seq: 0, hash: this.#genesis(chain) }
    let lastId = 0
    for (const record of this.#db.prepare<[ChainName], TrailRecord>(select).iterate(chain)) {
      this.#records += 1
      if (this.#fromMs === null || record.atMs < this.#fromMs) this.#fromMs = record.atMs
      if (this.#toMs === null || record.atMs > this.#toMs) this.#toMs = record.atMs
      const name = `record ${record.seq} of ${chain}`
      if (record.seq !== last.seq + 1)
        this.#problem(`records ${last.seq + 1} to ${record.seq - 1} of ${chain} are missing`)
      else if (recordHash(last.hash, record) !== record.hash)
        this.#problem(`${name} is not what was recorded, or does not follow the one before it`)
      if (record.id <= lastId) this.#problem(`${name} stands at another place than it was recorded at`)
      last = { seq: record.seq, hash: record.hash }
      lastId = record.id
    }
    return last
  }

  #genesis(chain: ChainName): string {
    const select = 'SELECT genesis FROM chain WHERE name = ?'
    return this.#db.prepare<[ChainName], string>(select).pluck().get(chain) ?? ''
  }

  #noted(chain: ChainName): ChainHead | undefined {
    return this.#db.prepare<[ChainName], ChainHead>('SELECT seq, hash FROM chain WHERE name = ?').get(chain)
  }

  #compare(chain: ChainName, noted: ChainHead | undefined, found: ChainHead, source: string): void {
    if (noted?.seq === found.seq && noted.hash === found.hash) return
    if (noted && noted.seq > found.seq)
      this.#problem(`records ${found.seq + 1} to ${noted.seq} of ${chain} are missing at the end, ${source}`)
    else this.#problem(`the last record of ${chain} is another one, ${source}`)
  }

  /** An earlier head must be among the records, unless it has been cut off since. */
  #compareEarlier(chain: ChainName, earlier: ChainHead, found: ChainHead, source: string): void {
    if (earlier.seq === 0) return
    if (earlier.seq > found.seq) {
      this.#compare(chain, earlier, found, source)
      return
    }
    const select = 'SELECT hash FROM record WHERE chain = ? AND seq = ?'
    const hash = this.#db.prepare<[ChainName, number], string>(select).pluck().get(chain, earlier.seq)
    if (hash !== undefined && hash !== earlier.hash)
      this.#problem(`record ${earlier.seq} of ${chain} is another one, ${source}`)
  }

  /** What a start of the gateway found broken stays broken, although what was recorded since is whole. */
  #addKnownBreaks(): void {
    const select = `SELECT ${RECORD_COLUMNS} FROM record WHERE event IN ('trail-broken', 'trail-replaced') ORDER BY id`
    for (const { atMs, what } of this.#db.prepare<[], TrailRecord>(select).all())
      this.#problem(`${new Date(atMs).toISOString()}: ${what}`)
  }

  #problem(text: string): void {
    if (this.#problems.length <= PROBLEMS_MAX) this.#problems.push(text)
  }
}
