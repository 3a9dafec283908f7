/**
 * Reads a log beside the gateway that writes it: a connection that cannot write, in reads of one page each.
 *
 * In WAL mode a reader never holds up a commit. It only keeps the write-ahead log from being used again while a read lasts,
 * which is why a read is never longer than a page.
 */
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { StoreError } from '../domain/errors.ts'
import type { EventCodec } from '../domain/events/codec.ts'
import { eventCodec } from '../domain/events/index.ts'
import type { LogIdentity, StoredEvent } from '../domain/outbox.ts'
import type { Recipient } from '../domain/recipient.ts'
import { type DatabaseHandle, limitCache } from '../sqlite/database.ts'
import { isThere, requireParts } from '../sqlite/parts.ts'
import { reading, storeFault } from '../sqlite/store-fault.ts'
import { type ChainPosition, chainFault, walkChain } from './chain.ts'
import { SELECT_RECIPIENT } from './file/recipients.ts'
import { bufferFile } from './file/schema.ts'
import type { StoredRow } from './messages.ts'
import { readableRows, type Stretch } from './readable-rows.ts'
import { storedEvent } from './stored-event.ts'

/** A checkpoint at the gateway's start may hold the file for as long. */
const BUSY_TIMEOUT_MS = 5_000
const PAGE_ROWS = 1_000

interface VerifiedPage {
  /** In order; those that are not what was stored are among them. */
  readonly events: readonly StoredEvent[]
  /** What is wrong with them, in words: which are missing, and which are not what was stored. */
  readonly faults: readonly string[]
}

/** An open log. Its calls throw a StoreError where the file cannot be read. */
export interface LogReader extends Disposable {
  readonly identity: LogIdentity
  /** Up to where a consumer has acknowledged at this moment. */
  acknowledged(consumer: string): number
  /** The events that are kept: the first and the last number. Where none is, `first` is behind `last`. */
  kept(): { readonly first: number; readonly last: number }
  /** Of an event that is kept, the hash that proves it and all before it; undefined of others. */
  hashOf(seq: number): string | undefined
  /** False once another file lies where it was opened, or none. */
  readonly isInPlace: boolean
  /** Whom a consumer delivers to, as far as the log knows. */
  recipient(consumer: string): Recipient | undefined
  /**
   * The events after a number, page by page, with each one's hash recomputed. For a consumer, those that an adoption left out
   * for it are of the kind `left-out`.
   */
  pages(afterSeq?: number, consumer?: string): Generator<VerifiedPage>
  /** As {@link pages}, but a damaged stretch does not end it, and what its hash does not prove is left out. */
  readablePages(afterSeq: number): Generator<VerifiedPage>
}

/** @throws StoreError when there is no log, or it cannot be read */
export function openLogReader(file: string, codec: EventCodec = eventCodec): LogReader {
  let db: DatabaseHandle | undefined
  try {
    if (!isThere(file)) throw noLog(file)
    requireParts(file)
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    limitCache(db)
    const opened = db
    const inPlace = inPlaceOf(file)
    return reading(() =>
      readerOn(opened, codec, { inPlace, inWords: (error) => storeFault(bufferFile(file), error) }),
    )
  } catch (error) {
    db?.close()
    throw storeFault(bufferFile(file), error)
  }
}

/** Looks whether a file still lies where it does now. */
function inPlaceOf(file: string): () => boolean {
  const inode = () => statSync(file, { bigint: true, throwIfNoEntry: false })?.ino
  const opened = inode()
  return () => inode() === opened
}

interface ReaderParts {
  readonly inPlace: () => boolean
  readonly inWords: (error: unknown) => StoreError
}

function readerOn(db: DatabaseHandle, codec: EventCodec, { inPlace, inWords }: ReaderParts): LogReader {
  const identity = db.prepare<[], LogIdentity>('SELECT incarnation, epoch FROM meta').get()
  if (!identity) throw new Error('the row that names the log is missing')
  const selectPruned = db.prepare<[], ChainPosition>(
    'SELECT pruned_seq AS seq, lower(hex(pruned_hash)) AS hash FROM meta',
  )
  const selectLast = db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'event'").pluck()
  const selectHash = db.prepare<[number], string>('SELECT lower(hex(hash)) FROM event WHERE seq = ?').pluck()
  const selectAcked = db.prepare<[string], number>('SELECT acked_seq FROM consumer WHERE name = ?').pluck()
  const selectPage = db.prepare<[number, number], StoredRow>(
    `SELECT seq, payload, captured_at_ms AS capturedAtMs, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  const isLeftOut = leftOutIn(db)
  /** In one transaction, so that retention cannot come between the questions: where to begin, and what follows. */
  const readAfter = db.transaction((seq: number, rows: number): Stretch => {
    const pruned = selectPruned.get()
    const before = pruned && seq <= pruned.seq ? pruned : { seq, hash: selectHash.get(seq) }
    return { before, rows: selectPage.all(before.seq, rows) }
  })
  const source = { readAfter, lastNumber: () => selectLast.get() ?? 0 }
  const read = <T>(question: () => T): T => {
    try {
      return reading(question)
    } catch (error) {
      throw inWords(error)
    }
  }
  const asRead = (consumer: string | undefined) => (row: StoredRow) =>
    storedEvent({ ...row, isLeftOut: isLeftOut(consumer, row.seq) }, codec)
  return {
    identity,
    acknowledged: (consumer) => read(() => selectAcked.get(consumer)) ?? 0,
    kept: () => read(() => ({ first: (selectPruned.get()?.seq ?? 0) + 1, last: source.lastNumber() })),
    hashOf: (seq) => read(() => selectHash.get(seq)),
    get isInPlace() {
      return inPlace()
    },
    recipient: (consumer) => read(() => recipientIn(db, consumer)),
    pages: function* (afterSeq = 0, consumer = undefined) {
      let after = afterSeq
      for (;;) {
        const { before, rows } = read(() => readAfter(after, PAGE_ROWS))
        const last = rows.at(-1)
        if (!last) return
        const faults = [...walkChain(before, rows)].flatMap((step) => chainFault(step) ?? [])
        const events = read(() => rows.map(asRead(consumer)))
        yield { events, faults }
        after = last.seq
      }
    },
    readablePages: function* (afterSeq) {
      for (const { rows, faults } of readableRows(source, afterSeq))
        yield { events: rows.map((row) => storedEvent(row, codec)), faults }
    },
    [Symbol.dispose]: () => {
      db.close()
    },
  }
}

/** Whether an event is left out for a consumer. A file that no gateway of this version has opened yet leaves out nothing. */
function leftOutIn(db: DatabaseHandle): (consumer: string | undefined, seq: number) => boolean {
  if (!hasTable(db, 'left_out')) return () => false
  const select = db.prepare<[string, number]>('SELECT 1 FROM left_out WHERE consumer = ? AND seq = ?')
  return (consumer, seq) => consumer !== undefined && select.get(consumer, seq) !== undefined
}

/** A file that no gateway of this version has opened yet knows none. */
function recipientIn(db: DatabaseHandle, consumer: string): Recipient | undefined {
  if (!hasTable(db, 'recipient')) return undefined
  return db.prepare<[string], Recipient>(SELECT_RECIPIENT).get(consumer)
}

function hasTable(db: DatabaseHandle, name: string): boolean {
  return db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(name) !== undefined
}

function noLog(file: string): StoreError {
  return new StoreError('buffer-missing', `there is no buffer ${file}`, {
    retryable: false,
    hint: 'name the configuration of the gateway with --config; its first run makes the buffer',
  })
}
