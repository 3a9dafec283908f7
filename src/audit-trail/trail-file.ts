/** The audit trail in its file: one SQLite database, written by the thread of the gateway and by commands. */
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StoreError } from '../domain/errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { type DatabaseHandle, openDatabase } from '../sqlite/database.ts'
import { setAside } from '../sqlite/parts.ts'
import { remedyOf, type StoreFile, storeFault } from '../sqlite/store-fault.ts'
import { HeadFile, knownHeads } from './head-file.ts'
import { HeldStarts } from './held-starts.ts'
import type { RunBegun, TrailCalls, TrailHeads, TrailQuestion } from './messages.ts'
import { type ChainName, type NewRecord, RECORD_COLUMNS, type TrailRecord } from './records.ts'
import { recordBeginning } from './run-begun.ts'
import { takeOverEntries } from './taken-over.ts'
import { type TrailBounds, TrailChains } from './trail-chain.ts'

const STEPS = ['001-init.sql', '002-chained.sql', '003-held-starts.sql']
/** Some 300 bytes a record. */
const BOUNDS: TrailBounds = { most: { gateway: 100_000, strangers: 10_000 }, bytes: 64 * 1024 * 1024 }

/** What the file is to the gateway, as errors name it. */
const TRAIL = 'audit-trail'

/** The file in its folder of the data folder, as errors name it. */
export function trailFile(file: string): StoreFile {
  return { name: TRAIL, file, upper: dirname(dirname(file)) }
}

/** Where it is in a data folder. It began as the console's, which is why it is there. */
export function trailFileIn(dataFolder: string): string {
  return join(dataFolder, 'console', 'audit-trail.db')
}

/** How a trail is opened. */
interface Opening {
  readonly bounds?: TrailBounds
  /** The gateway's own thread, and no command: it keeps the file of heads, and sets a damaged trail aside, where people can look at it. */
  readonly isOwner: boolean
}

/** @throws StoreError, or what SQLite throws */
export function openTrail(file: string, opening: Opening): TrailFile {
  const known = opening.isOwner ? knownHeads(file) : undefined
  try {
    const trail = new TrailFile(file, opening)
    if (known) trail.compareWith(known)
    return trail
  } catch (error) {
    if (!opening.isOwner || error instanceof StoreError || remedyOf(error) !== 'replace') throw error
  }
  const aside = setAside(file)
  const trail = new TrailFile(file, opening)
  trail.replaced(aside, known)
  return trail
}

/** The open file. Every method can throw what SQLite throws. */
export class TrailFile implements TrailCalls, Disposable {
  readonly #db: DatabaseHandle
  readonly #chains: TrailChains
  readonly #heads: HeadFile | undefined

  constructor(file: string, { bounds = BOUNDS, isOwner }: Opening) {
    this.#db = openDatabase(trailFile(file), {
      steps: STEPS.map((name) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')),
    })
    this.#chains = new TrailChains(this.#db, bounds)
    this.#heads = isOwner ? new HeadFile(file) : undefined
    this.#inTransaction(() => takeOverEntries(this.#db, this.#chains, systemClock.now().wallMs))
  }

  begin(run: RunBegun): boolean {
    const starts = new HeldStarts(this.#db)
    return this.#inTransaction(() => recordBeginning({ chains: this.#chains, starts }, run, this.#genesis()))
  }

  add(records: readonly NewRecord[]): void {
    this.#inTransaction(() => {
      for (const record of records) this.#chains.append(record)
      this.#chains.keepBounded(systemClock.now().wallMs)
    })
  }

  keepHeads(isDue: boolean): void {
    if (!this.#heads) return
    try {
      this.#heads.note(this.heads(), { monoMs: systemClock.now().monoMs, isDue })
    } catch (error) {
      throw storeFault(trailFile(this.#heads.file), error)
    }
  }

  records({ before, who, limit }: TrailQuestion): readonly TrailRecord[] {
    const select = `SELECT ${RECORD_COLUMNS} FROM record
      WHERE id < coalesce(:before, 9223372036854775807) AND (:who IS NULL OR who = :who) ORDER BY id DESC LIMIT :limit`
    return this.#db.prepare<[TrailQuestion], TrailRecord>(select).all({ before, who, limit })
  }

  heads(): TrailHeads {
    return this.#chains.heads
  }

  /** Records where this is not the trail that was known, before anything else is chained to it. */
  compareWith(known: TrailHeads): void {
    const lost = (['gateway', 'strangers'] as const).filter((chain) => !this.#holds(chain, known))
    if (lost.length === 0) return
    this.#recordOwn(
      'trail-broken',
      `records are gone that were here, or are others: ${lost.map((chain) => `${chain} up to ${known[chain].seq}`).join(', ')}`,
      { known, found: this.heads() },
    )
  }

  replaced(aside: string, known: TrailHeads | undefined): void {
    this.#recordOwn(
      'trail-replaced',
      `the trail was damaged and is now ${basename(aside)}; this one was begun in its place`,
      {
        known: known ?? null,
      },
    )
  }

  close(): void {
    try {
      this.keepHeads(true)
    } finally {
      this.#db.close()
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Once for what was known: a gateway that is killed before it has noted the new heads finds the same again at its next start. */
  #recordOwn(
    event: NewRecord['event'],
    what: string,
    details: { readonly known: TrailHeads | null; readonly found?: TrailHeads },
  ): void {
    const atMs = systemClock.now().wallMs
    const about = { who: null, origin: 'gateway', subject: TRAIL, state: JSON.stringify(details.known) }
    this.add([{ atMs, chain: 'gateway', event, what, ...about, details: JSON.stringify(details) }])
  }

  /** What was cut off since was recorded, and is no loss. */
  #holds(chain: ChainName, known: TrailHeads): boolean {
    const { seq, hash } = known[chain]
    if (seq === 0) return true
    const head = this.#chains.head(chain)
    if (head.seq < seq) return false
    const record = this.#chains.recordAt(chain, seq)
    return record === undefined || record.hash === hash
  }

  #genesis(): string {
    return (
      this.#db.prepare<[], string>("SELECT genesis FROM chain WHERE name = 'gateway'").pluck().get() ?? ''
    )
  }

  #inTransaction<Result>(change: () => Result): Result {
    return this.#db.transaction(change).immediate()
  }
}
