/** What a broker cannot keep for a feed: how far it has come, what was refused, and what happened, in a file in SQLite. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { QuarantineKey, StreamHead } from '../../../domain/destination.ts'
import { StoreError } from '../../../domain/errors.ts'
import { type DatabaseHandle, openDatabase } from '../../../sqlite/database.ts'
import { setAside } from '../../../sqlite/parts.ts'
import { remedyOf, type StoreFile } from '../../../sqlite/store-fault.ts'
import {
  type BookCalls,
  type BookChange,
  type KeptIncident,
  REPLACED_NOTE,
  type SetAside,
  type SetAsideKinds,
} from './messages.ts'

const steps = () => [readFileSync(new URL('./001-init.sql', import.meta.url), 'utf8')]

/** The file in its folder of the data folder, as errors name it. */
export function bookFile(file: string): StoreFile {
  return { name: 'feed-book', file, upper: dirname(dirname(file)) }
}

/** Before every key that there is. */
const FIRST_KEY: QuarantineKey = { incarnation: '', seq: -1 }

interface HeadRow {
  readonly incarnation: string
  readonly epoch: number
  readonly last_seq: number
  readonly last_hash: Buffer
}

/**
 * Opens a book. A damaged one is set aside and begun again: then all events that the log still keeps are published once more, and
 * consumers know them by their ids.
 */
export function openBook(file: string): Book {
  const open = () => openDatabase(bookFile(file), { steps: steps() })
  try {
    const db = open()
    if (db.pragma('quick_check', { simple: true }) === 'ok') return new Book(db)
    db.close()
  } catch (error) {
    if (error instanceof StoreError || remedyOf(error) !== 'replace') throw error
  }
  const damaged = setAside(file)
  const book = new Book(open())
  book.putNote(REPLACED_NOTE, damaged)
  return book
}

/** The open file. Every method can throw what SQLite throws; whoever calls makes a StoreError of it. */
class Book implements BookCalls {
  readonly #db: DatabaseHandle

  constructor(db: DatabaseHandle) {
    this.#db = db
  }

  head(): StreamHead | undefined {
    const select = 'SELECT incarnation, epoch, last_seq, last_hash FROM stream'
    const row = this.#db.prepare<[], HeadRow>(select).get()
    if (!row) return undefined
    const { incarnation, epoch, last_seq: seq, last_hash: hash } = row
    return { incarnation, epoch, seq, hash: new Uint8Array(hash) }
  }

  quarantined(after: QuarantineKey = FIRST_KEY, limit: number): readonly SetAside[] {
    const select = `SELECT incarnation, seq, event AS payload, subject, captured_ms AS capturedAtMs, reason, answer
      FROM quarantine
      WHERE released_ms IS NULL AND (incarnation, seq) > (?, ?) ORDER BY incarnation, seq LIMIT ?`
    return this.#db
      .prepare<[string, number, number], SetAside>(select)
      .all(after.incarnation, after.seq, limit)
  }

  quarantineKinds(limit: number): SetAsideKinds {
    const counting = 'SELECT count(*) FROM quarantine WHERE released_ms IS NULL'
    const grouping = `SELECT subject, reason, count(*) AS count FROM quarantine WHERE released_ms IS NULL
      GROUP BY subject, reason ORDER BY min(at_ms), min(seq) LIMIT ?`
    return {
      count: this.#db.prepare<[], number>(counting).pluck().get() ?? 0,
      kinds: this.#db.prepare<[number], SetAsideKinds['kinds'][number]>(grouping).all(limit),
    }
  }

  incidents(limit: number): readonly KeptIncident[] {
    const select = 'SELECT kind, detail, at_ms AS atMs FROM incident ORDER BY id DESC LIMIT ?'
    return this.#db.prepare<[number], KeptIncident>(select).all(limit)
  }

  write(expected: StreamHead | undefined, changes: readonly BookChange[], atMs: number): boolean {
    if (changes.length === 0) return true
    const writing = this.#db.transaction(() => {
      if (!isSameHead(this.head(), expected)) return false
      for (const change of changes) this.#make(change, atMs)
      return true
    })
    return writing.immediate()
  }

  note(key: string): string | undefined {
    return this.#db.prepare<[string], string>('SELECT value FROM note WHERE key = ?').pluck().get(key)
  }

  putNote(key: string, value: string): void {
    this.#db.prepare('INSERT OR REPLACE INTO note (key, value) VALUES (?, ?)').run(key, value)
  }

  close(): void {
    this.#db.close()
  }

  #make(change: BookChange, atMs: number): void {
    switch (change.kind) {
      case 'begin':
        this.#move({ ...change.identity, ...change.at })
        break
      case 'advance':
        this.#move({ ...this.#begunHead(), ...change.to })
        break
      case 'set aside':
        this.#setAside(change.rows, atMs)
        break
      case 'release':
        this.#release(change.rows, atMs)
        break
      case 'record':
        this.#record(change, atMs)
        break
    }
  }

  #begunHead(): StreamHead {
    const head = this.head()
    if (!head) throw new Error('nothing can be written down before the stream has begun')
    return head
  }

  #release(rows: readonly QuarantineKey[], atMs: number): void {
    const release = this.#db.prepare(
      'UPDATE quarantine SET released_ms = ? WHERE incarnation = ? AND seq = ?',
    )
    for (const { incarnation, seq } of rows) release.run(atMs, incarnation, seq)
  }

  #move({ incarnation, epoch, seq, hash }: StreamHead): void {
    this.#db
      .prepare(
        'INSERT OR REPLACE INTO stream (id, incarnation, epoch, last_seq, last_hash) VALUES (1, ?, ?, ?, ?)',
      )
      .run(incarnation, epoch, seq, hash)
  }

  #setAside(rows: readonly Omit<SetAside, 'incarnation'>[], atMs: number): void {
    const { incarnation } = this.#begunHead()
    const insert = this.#db.prepare(
      `INSERT OR REPLACE INTO quarantine (incarnation, seq, event, subject, captured_ms, reason, answer, at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const { seq, payload, subject, capturedAtMs, reason, answer } of rows)
      insert.run(incarnation, seq, payload, subject, capturedAtMs, reason, answer, atMs)
  }

  #record({ incident, once }: Extract<BookChange, { kind: 'record' }>, atMs: number): void {
    const detail = JSON.stringify(incident.detail)
    const isThere = this.#db.prepare('SELECT 1 FROM incident WHERE kind = ? AND detail = ?')
    if (once && isThere.get(incident.kind, detail) !== undefined) return
    this.#db
      .prepare('INSERT INTO incident (at_ms, kind, detail) VALUES (?, ?, ?)')
      .run(atMs, incident.kind, detail)
  }
}

function isSameHead(a: StreamHead | undefined, b: StreamHead | undefined): boolean {
  if (!a || !b) return a === b
  return a.incarnation === b.incarnation && a.epoch === b.epoch && a.seq === b.seq
}
