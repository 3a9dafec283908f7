/** The copy in its file: read by code, and brought up to date so that nothing is written that has not changed. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { StoreError } from '../../domain/errors.ts'
import type { Lookup, LookupResult, Reference } from '../../domain/master-data.ts'
import type { ReferenceKind } from '../../domain/reference-data.ts'
import { spellingsOf } from '../../domain/spellings.ts'
import { type Access, type DatabaseHandle, openDatabase } from '../../sqlite/database.ts'
import { makeRoom } from '../../sqlite/parts.ts'
import { isDiskFull, remedyOf } from '../../sqlite/store-fault.ts'
import type { CopyCalls, CopyPage, CopySetup, HolderFound, KeptCopy } from '../messages.ts'
import { badgesStillKnown, keepKnown } from './still-known.ts'

const steps = () => [readFileSync(new URL('./migrations/001-init.sql', import.meta.url), 'utf8')]
const SALT_BYTES = 32
/** What the file is to the gateway, as errors name it. */
export const MASTERDATA = 'masterdata'

interface KeptReference extends Reference {
  readonly main_code: string | null
}

/** Codes that are looked through at a time for those that are gone: a scan's own question waits for no more than that. */
const LOOKED_THROUGH = 1_000
/** The time of a reading that changed nothing is written down no more often than this: each write wears the card. */
const TIME_EVERY_MS = 3_600_000

/** What is kept as one list each. */
const LISTS = ['shifts', 'machines', 'plantMachines'] as const
type ListKind = (typeof LISTS)[number]

function isList(page: CopyPage): page is Extract<CopyPage, { kind: ListKind }> {
  return LISTS.some((kind) => kind === page.kind)
}

/** With which kind of reference data a page comes. */
function kindOf({ kind }: CopyPage): ReferenceKind {
  if (kind === 'holders') return 'users'
  return kind === 'plantMachines' ? 'machines' : kind
}

/** A row of `code` by its key, within a place. */
interface CodeKey {
  readonly col: string
  readonly code: string
  readonly type: string
  readonly id: number
}

const BEFORE_ALL: CodeKey = { col: '', code: '', type: '', id: 0 }

/** What of a kind has been seen since its reading began; in memory only. */
const SEEN = `
  CREATE TEMP TABLE IF NOT EXISTS seen_code (col TEXT, code TEXT, id INTEGER, type TEXT, PRIMARY KEY (col, code, id, type)) WITHOUT ROWID;
  CREATE TEMP TABLE IF NOT EXISTS seen_holder (id INTEGER PRIMARY KEY);
`

/** Opens the copy of `whose` data. One that is damaged, or of somebody else's data, is begun again: central has it all. */
export function openCopy(file: string, whose: CopySetup['whose']): Copy {
  const copy = new Copy(openOrReplace(file))
  copy.belongTo(whose)
  return copy
}

function openOrReplace(file: string): DatabaseHandle {
  const open = () => openWithoutRoom(file)
  let why: unknown
  try {
    const db = open()
    if (db.pragma('quick_check', { simple: true }) === 'ok') return db
    db.close()
  } catch (error) {
    // The file of a newer version is replaced as well: it holds nothing that central does not. One that cannot be opened now is left
    // alone: central may be away for days, and its badges are needed until then.
    const isLost = error instanceof StoreError ? !error.retryable : remedyOf(error) === 'replace'
    if (!isLost) throw error
    why = error
  }
  const known = badgesStillKnown(file)
  makeRoom(file, why)
  const db = open()
  if (known) keepKnown(db, known)
  return db
}

/** On a full disk it is opened so that it needs no room, for a scan waits for it: no other program can read it then. */
function openWithoutRoom(file: string): DatabaseHandle {
  const open = (access: Access) => openDatabase({ name: MASTERDATA, file }, { steps: steps() }, access)
  try {
    return open('shared')
  } catch (error) {
    if (!isDiskFull(error)) throw error
    return open('alone')
  }
}

/** The open file. Every method can throw what SQLite throws; whoever calls makes a StoreError of it. */
class Copy implements CopyCalls {
  readonly #db: DatabaseHandle
  /** The kind that is being read; undefined: none, or it began before the file was opened again. */
  #reading: ReferenceKind | undefined
  /** How far codes were looked through for those that are gone. */
  #lookedAt = BEFORE_ALL
  /** Newer than what is in the file. */
  readonly #readAtMs = new Map<ReferenceKind, number>()

  constructor(db: DatabaseHandle) {
    this.#db = db
    db.pragma('temp_store = MEMORY')
    db.exec(SEEN)
  }

  /** Empties it where it is a copy of somebody else's data: ids and badges of another tenant say nothing here. */
  belongTo(whose: CopySetup['whose']): void {
    const db = this.#db
    const before = db.prepare<[], string>('SELECT whose FROM about').pluck().get()
    const names = whose.join('\n')
    if (before === names) return
    const known = before?.split('\n') ?? []
    if (whose.some((name) => known.includes(name))) {
      db.prepare('UPDATE about SET whose = ?').run(names)
      return
    }
    db.transaction(() => {
      for (const table of ['about', 'reading', 'holder', 'code', 'list']) db.exec(`DELETE FROM ${table}`)
      db.prepare('INSERT INTO about (id, whose, salt) VALUES (1, ?, ?)').run(names, randomBytes(SALT_BYTES))
    })()
  }

  kept(): KeptCopy {
    const db = this.#db
    const salt = db.prepare<[], Buffer>('SELECT salt FROM about').pluck().get() ?? Buffer.alloc(0)
    const readings = db.prepare<[], { kind: ReferenceKind; at_ms: number }>('SELECT kind, at_ms FROM reading')
    const { lists, damaged } = this.#lists()
    const readAtMs = new Map([
      ...readings.all().map(({ kind, at_ms }) => [kind, at_ms] as const),
      ...this.#readAtMs,
    ])
    // As if it had never been read: it is with the next reading.
    for (const kind of damaged) readAtMs.delete(kind === 'plantMachines' ? 'machines' : kind)
    return {
      ...{ salt, readAtMs: Object.fromEntries(readAtMs), shifts: [], machines: [], plantMachines: [] },
      ...lists,
    }
  }

  /** A byte that is changed within a text is found by nobody else. */
  #lists() {
    const select = this.#db.prepare<[], { kind: ListKind; rows: string }>('SELECT kind, rows FROM list')
    const lists: { -readonly [Kind in ListKind]?: KeptCopy[Kind] } = {}
    const damaged: ListKind[] = []
    for (const { kind, rows } of select.all()) {
      try {
        lists[kind] = JSON.parse(rows)
      } catch {
        damaged.push(kind)
      }
    }
    return { lists, damaged }
  }

  holderOf(badge: string): HolderFound {
    const ids = this.#db.prepare<[string], number>('SELECT id FROM holder WHERE badge = ? LIMIT 2').pluck()
    const [id, another] = ids.all(badge)
    if (id === undefined) return { kind: 'unknown' }
    return another === undefined ? { kind: 'one', operator: id } : { kind: 'many' }
  }

  find({ places, code }: Lookup): LookupResult {
    const select = this.#db.prepare<[string, string, string], KeptReference>(
      'SELECT DISTINCT id, type, main_code, state FROM code WHERE place = ? AND col = ? AND code = ? LIMIT 2',
    )
    for (const place of places) {
      const { table, column } = place
      const spellings = spellingsOf(place, code)
      const [row, another] =
        spellings.map((spelling) => select.all(table, column, spelling)).find((rows) => rows.length > 0) ?? []
      if (!row) continue
      if (another) return { kind: 'many' }
      const { id, type, main_code, state } = row
      return { kind: 'one', reference: { id, type, code: main_code, state } }
    }
    return { kind: 'unknown' }
  }

  beginKind(kind: ReferenceKind): void {
    this.#db.exec('DELETE FROM seen_holder; DELETE FROM seen_code')
    this.#reading = kind
    this.#lookedAt = BEFORE_ALL
  }

  takePage(page: CopyPage): void {
    this.#requireReading(kindOf(page))
    this.#db.transaction(() => {
      if (page.kind === 'holders') this.#takeHolders(page)
      else if (isList(page)) this.#takeList(page)
      else this.#takeCodes(page)
    })()
  }

  forgetGone(kind: ReferenceKind): boolean {
    this.#requireReading(kind)
    if (kind === 'users') this.#db.exec('DELETE FROM holder WHERE id NOT IN (SELECT id FROM seen_holder)')
    const isOfCodes = kind !== 'users' && kind !== 'shifts' && kind !== 'machines'
    return isOfCodes && this.#forgetCodes(kind)
  }

  endKind(kind: ReferenceKind, atMs: number): void {
    this.#requireReading(kind)
    this.#reading = undefined
    this.#readAtMs.set(kind, atMs)
    this.#db
      .prepare(
        `INSERT INTO reading (kind, at_ms) VALUES (?, ?)
         ON CONFLICT (kind) DO UPDATE SET at_ms = excluded.at_ms WHERE abs(excluded.at_ms - at_ms) >= ${TIME_EVERY_MS}`,
      )
      .run(kind, Math.round(atMs))
  }

  close(): void {
    this.#db.close()
  }

  /** What was seen before the file was opened again is not known any more, and would be taken for gone. */
  #requireReading(kind: ReferenceKind): void {
    if (this.#reading !== kind) throw new Error(`no reading of ${kind} has begun since the file was opened`)
  }

  /** @returns whether there is more to look through */
  #forgetCodes(place: string): boolean {
    const { col, code, type, id } = this.#lookedAt
    const rows = this.#db
      .prepare<unknown[], CodeKey & { readonly isSeen: number }>(
        `SELECT col, code, type, id, (col, code, type, id) IN (SELECT col, code, type, id FROM seen_code) AS isSeen
         FROM code WHERE place = ? AND (col, code, type, id) > (?, ?, ?, ?)
         ORDER BY col, code, type, id LIMIT ${LOOKED_THROUGH}`,
      )
      .all(place, col, code, type, id)
    const forget = this.#db.prepare(
      'DELETE FROM code WHERE place = ? AND col = ? AND code = ? AND type = ? AND id = ?',
    )
    this.#db.transaction(() => {
      for (const gone of rows.filter(({ isSeen }) => isSeen === 0))
        forget.run(place, gone.col, gone.code, gone.type, gone.id)
    })()
    this.#lookedAt = rows.at(-1) ?? BEFORE_ALL
    return rows.length === LOOKED_THROUGH
  }

  #takeHolders({ rows }: Extract<CopyPage, { kind: 'holders' }>): void {
    const see = this.#db.prepare('INSERT OR IGNORE INTO seen_holder (id) VALUES (?)')
    const keep = this.#db.prepare(
      `INSERT INTO holder (id, badge) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET badge = excluded.badge WHERE badge <> excluded.badge`,
    )
    for (const { id, badge } of rows) {
      see.run(id)
      keep.run(id, badge)
    }
  }

  #takeList({ kind, rows }: Extract<CopyPage, { kind: ListKind }>): void {
    this.#db
      .prepare(
        `INSERT INTO list (kind, rows) VALUES (?, ?)
         ON CONFLICT (kind) DO UPDATE SET rows = excluded.rows WHERE rows <> excluded.rows`,
      )
      .run(kind, JSON.stringify(rows))
  }

  #takeCodes(page: Extract<CopyPage, { kind: Lookup['places'][number]['table'] }>): void {
    const see = this.#db.prepare('INSERT OR IGNORE INTO seen_code (col, code, id, type) VALUES (?, ?, ?, ?)')
    const keep = this.#db.prepare(
      `INSERT INTO code (place, col, code, id, type, main_code, state) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET main_code = excluded.main_code, state = excluded.state
       WHERE (main_code, state) IS NOT (excluded.main_code, excluded.state)`,
    )
    for (const { id, codes, type, code: mainCode, state } of page.rows) {
      for (const [column, code] of Object.entries(codes)) {
        see.run(column, code, id, type)
        keep.run(page.kind, column, code, id, type, mainCode, state)
      }
    }
  }
}
