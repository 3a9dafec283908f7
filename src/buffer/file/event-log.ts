/**
 * The log in the file: appends groups, one transaction each, and reads them back.
 *
 * It numbers the events and chains their hashes. It never commits half a group, and
 * within an incarnation never uses a number twice.
 */
import type { Statement } from 'better-sqlite3'
import { StoreError } from '../../domain/errors.ts'
import type { LogIdentity } from '../../domain/outbox.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { type ChainLink, type ChainPosition, chainHash, hashBytes, hashText } from '../chain.ts'
import type { Group, StoredRow } from '../messages.ts'
import { commit, commitCounter } from './commit-number.ts'
import { proofOf } from './proof.ts'
import type { SavedState } from './saved-state.ts'

interface MetaRow {
  readonly incarnation: string
  readonly epoch: number
  readonly pruned_seq: number
  readonly pruned_hash: Buffer
}

/** A page ends at whichever comes first, so that a read never holds up a commit for long; it always holds one event. */
const PAGE_ROWS_MAX = 2_000
const PAGE_BYTES_MAX = 4 * 1024 * 1024

const COLUMNS = 6
/** Rows that one statement inserts at most. With more, the calls into SQLite hardly cost anything beside the rows themselves. */
const ROWS_PER_INSERT = 20

/** The log on one connection. */
export class EventLog {
  readonly identity: LogIdentity
  readonly #db: DatabaseHandle
  /** By number of rows; made when first needed. */
  readonly #inserts: Statement[] = []
  /** Made when first needed, and kept: making it costs more than the rest of a small commit. */
  #commit: ((group: Group) => ChainPosition) | undefined
  /** The boot of the last group. */
  #boot: { readonly bootId: string; readonly number: number } | undefined
  readonly #saveState
  readonly #forgetState
  readonly #selectHash
  readonly #selectPage
  readonly #selectLinks
  readonly #selectEnd
  readonly #selectCaptured
  readonly #selectBoot
  readonly #insertBoot
  readonly #countUp
  #tail: ChainPosition
  #pruned: ChainPosition
  #intended: ChainPosition | undefined

  /** @throws Damage when the log does not end where its counter says */
  constructor(db: DatabaseHandle) {
    this.#db = db
    const meta = readMeta(db)
    this.identity = { incarnation: meta.incarnation, epoch: meta.epoch }
    this.#pruned = { seq: meta.pruned_seq, hash: hashText(meta.pruned_hash) }
    this.#tail = findTail(db, this.#pruned)
    this.#saveState = db.prepare('INSERT OR REPLACE INTO state (owner, payload, hash) VALUES (?, ?, ?)')
    this.#forgetState = db.prepare('DELETE FROM state WHERE owner = ?')
    this.#selectEnd = db.prepare<[], { readonly incarnation: string; readonly seq: number | null }>(
      'SELECT incarnation, (SELECT max(seq) FROM event) AS seq FROM meta',
    )
    this.#selectCaptured = db
      .prepare<[number], number>('SELECT captured_at_ms FROM event WHERE seq > ? ORDER BY seq LIMIT 1')
      .pluck()
    this.#selectBoot = db.prepare<[string], number>('SELECT id FROM boot WHERE boot_id = ?').pluck()
    this.#countUp = commitCounter(db)
    this.#insertBoot = db.prepare('INSERT INTO boot (boot_id) VALUES (?)')
    this.#selectHash = db.prepare<[number], Buffer>('SELECT hash FROM event WHERE seq = ?').pluck()
    this.#selectLinks = db.prepare<[number, number], ChainLink>(
      'SELECT seq, payload, captured_at_ms AS capturedAtMs FROM event WHERE seq > ? ORDER BY seq LIMIT ?',
    )
    this.#selectPage = db.prepare<[number, number], StoredRow>(
      `SELECT seq, payload, captured_at_ms AS capturedAtMs, hash
       FROM event WHERE seq > ? ORDER BY seq LIMIT ?`,
    )
  }

  /** The position of the last event. */
  get tail(): ChainPosition {
    return this.#tail
  }

  /** The position of the last event that retention removed; before the first event when it removed none. */
  get pruned(): ChainPosition {
    return this.#pruned
  }

  /** Where the log would end after a commit that failed: when it does end there after reopening, the commit had succeeded. */
  get intended(): ChainPosition | undefined {
    return this.#intended
  }

  /** Stores a group, all or nothing. */
  store(group: Group): void {
    this.#intended = undefined
    this.#commit ??= this.#db.transaction((one: Group) => this.#write(one)).immediate
    try {
      this.#tail = this.#commit(group)
    } catch (error) {
      // Its number may have been rolled back with the group.
      this.#boot = undefined
      throw error
    }
    this.#intended = undefined
  }

  /** Also of the last event that was removed; undefined for any other that is not kept. */
  hashAt(seq: number): Uint8Array | undefined {
    if (seq === this.#pruned.seq) return hashBytes(this.#pruned.hash)
    return this.#selectHash.get(seq)
  }

  /** The events after a number: as many as make a page, and at most `limit`. */
  page(afterSeq: number, limit = PAGE_ROWS_MAX): readonly StoredRow[] {
    const rows: StoredRow[] = []
    let bytes = 0
    for (const row of this.#selectPage.iterate(afterSeq, Math.min(limit, PAGE_ROWS_MAX))) {
      rows.push(row)
      bytes += row.payload.length
      if (bytes >= PAGE_BYTES_MAX) break
    }
    return rows
  }

  /** As {@link page}, without the hashes, for whoever computes them. */
  *links(afterSeq: number, limit: number): Generator<ChainLink> {
    let bytes = 0
    for (const link of this.#selectLinks.iterate(afterSeq, Math.min(limit, PAGE_ROWS_MAX))) {
      yield link
      bytes += link.payload.length
      if (bytes >= PAGE_BYTES_MAX) return
    }
  }

  /** When the first event after a number was captured, ms since 1970, or null when there is none. */
  firstCapturedAfter(seq: number): number | null {
    return seq === this.#tail.seq ? null : (this.#selectCaptured.get(seq) ?? null)
  }

  /** Every saved state as JSON text, with its hash, as it is found. */
  states(): readonly SavedState[] {
    return this.#db.prepare<[], SavedState>('SELECT owner, payload, hash FROM state').all()
  }

  /** Removes every event up to a position, and remembers that. */
  prune(upTo: ChainPosition): void {
    commit(this.#db, () => {
      this.#db.prepare('DELETE FROM event WHERE seq <= ?').run(upTo.seq)
      this.#db.prepare('DELETE FROM left_out WHERE seq <= ?').run(upTo.seq)
      this.#db
        .prepare(
          'UPDATE meta SET pruned_seq = @seq, pruned_hash = @hash, hash = proof(incarnation, epoch, @seq, @hash)',
        )
        .run({ seq: upTo.seq, hash: hashBytes(upTo.hash) })
    })
    this.#pruned = upTo
  }

  #write(group: Group): ChainPosition {
    this.#requireOnlyWriter()
    const end = this.#insertEvents(group)
    this.#saveStates(group.states)
    this.#countUp()
    if (end.seq > this.#tail.seq) this.#intended = end
    return end
  }

  /**
   * Two gateways in one folder each count on from what they know, and both would record each machine. The lock keeps them apart
   * until somebody deletes its file.
   */
  #requireOnlyWriter(): void {
    const end = this.#selectEnd.get()
    if (end?.incarnation === this.identity.incarnation && (end.seq ?? this.#pruned.seq) === this.#tail.seq)
      return
    throw new StoreError('buffer-shared', `another process has written to ${this.#db.name} meanwhile`, {
      retryable: false,
      hint: `two gateways use one data folder: stop one of them (\`fuser ${this.#db.name}\` names both), and never delete the file lock`,
    })
  }

  #insertEvents({ payloads, capturedAtMs, monoMs, bootId }: Group): ChainPosition {
    if (payloads.length === 0) return this.#tail
    const boot = this.#bootNumber(bootId)
    let { seq, hash } = this.#tail
    let values: unknown[] = []
    for (let index = 0; index < payloads.length; index += 1) {
      const link = {
        seq: seq + 1,
        capturedAtMs: capturedAtMs[index] as number,
        payload: payloads[index] as string,
      }
      seq = link.seq
      hash = chainHash(hash, link)
      values.push(seq, link.payload, link.capturedAtMs, monoMs[index], boot, hash)
      if (values.length === COLUMNS * ROWS_PER_INSERT) {
        this.#insert(values)
        values = []
      }
    }
    if (values.length > 0) this.#insert(values)
    return { seq, hash }
  }

  #insert(values: readonly unknown[]): void {
    const rows = values.length / COLUMNS
    this.#inserts[rows] ??= this.#db.prepare(insertText(rows))
    this.#inserts[rows].run(values)
  }

  #saveStates(states: Group['states']): void {
    for (const [owner, payload] of states) {
      if (payload === null) this.#forgetState.run(owner)
      else this.#saveState.run(owner, payload, proofOf(owner, payload))
    }
  }

  #bootNumber(bootId: string): number {
    if (this.#boot?.bootId !== bootId) {
      const known = this.#selectBoot.get(bootId)
      this.#boot = { bootId, number: known ?? Number(this.#insertBoot.run(bootId).lastInsertRowid) }
    }
    return this.#boot.number
  }
}

function insertText(rows: number): string {
  const row = '(?, ?, ?, ?, ?, unhex(?))'
  const columns = 'seq, payload, captured_at_ms, mono_ms, boot, hash'
  return `INSERT INTO event (${columns}) VALUES ${Array(rows).fill(row).join(', ')}`
}

function readMeta(db: DatabaseHandle): MetaRow {
  const meta = db.prepare<[], MetaRow>('SELECT * FROM meta').get()
  if (!meta) throw new Damage('the row that names the log is missing')
  return meta
}

/** Only a new incarnation sets the counter back, so an event that vanished from the end is noticed. */
function findTail(db: DatabaseHandle, pruned: ChainPosition): ChainPosition {
  const last = db
    .prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1')
    .get()
  const tail = last ? { seq: last.seq, hash: hashText(last.hash) } : pruned
  const counter = (db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'event'").pluck().get() ??
    0) as number
  if (counter !== tail.seq) throw new Damage(`the last event is ${tail.seq}, but ${counter} were numbered`)
  return tail
}
