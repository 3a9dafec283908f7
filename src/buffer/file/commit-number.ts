/**
 * Numbers the commits of a log. By these numbers a write-ahead log is told from one of another file, and from one of an earlier or later
 * state of this file: SQLite would write the pages of any of them into the file.
 *
 * The number lies in SQLite's own table of counters, because the page of that table is part of each commit of events anyway. With each
 * opening it goes on from a random number, so that two copies of one file never go on with the same numbers.
 */
import type { DatabaseHandle } from '../../sqlite/database.ts'
import type { LeafRow } from '../../sqlite/leaf-rows.ts'

/** Before the name of the log, in the table of counters. */
const COMMITS_OF = 'commits of '
const IS_NUMBER = `name GLOB '${COMMITS_OF}*'`
const COUNT_UP = `UPDATE sqlite_sequence SET seq = seq + 1 WHERE ${IS_NUMBER}`
/** A JavaScript number counts up to 2^53, so that so many commits are left behind the highest random one. */
const RANDOM_NUMBERS = 2 ** 52

/** A UUID. */
const INCARNATION_CHARACTERS = 36
/** What a disk writes as a whole or not at all, even an old one. */
const SECTOR_BYTES = 512
/** Of a whole number in a row, by the kind that SQLite gives it. */
const WHOLE_NUMBER_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8 }

/** What the page of counters says. */
export interface Counters {
  /** The name of the log; undefined where its commits are not numbered. */
  readonly incarnation: string | undefined
  /** The number of the commit that wrote the page; 0 where commits are not numbered, as by earlier versions. */
  readonly commit: number
  /** The last event that was numbered; 0 where none was. */
  readonly lastSeq: number
}

/** What runs changes on each connection: kept, because preparing its statement takes longer than the commit of a cursor. */
const committers = new WeakMap<DatabaseHandle, (change: () => void) => void>()

/** Runs a change as one commit, all or nothing, with the next number. */
export function commit(db: DatabaseHandle, change: () => void): void {
  let committer = committers.get(db)
  if (!committer) {
    const countUp = commitCounter(db)
    committer = db.transaction((work: () => void) => {
      work()
      countUp()
    }).immediate
    committers.set(db, committer)
  }
  committer(change)
}

/** What gives a commit its number; to be called within its transaction. */
export function commitCounter(db: DatabaseHandle): () => void {
  const update = db.prepare(COUNT_UP)
  return () => {
    update.run()
  }
}

/**
 * At each opening, once the write-ahead log is empty: goes on from a random number. That is the second commit and not the first, because
 * a write-ahead log belongs to the file that has the number before its first one. In a file without a number that is 0.
 */
export function beginNumbers(db: DatabaseHandle): void {
  const insert = db.prepare(
    `INSERT INTO sqlite_sequence (name, seq) SELECT '${COMMITS_OF}' || incarnation, 0 FROM meta
     WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE ${IS_NUMBER})`,
  )
  commit(db, () => insert.run())
  commit(db, () => {
    db.prepare(`UPDATE sqlite_sequence SET seq = abs(random() % ${RANDOM_NUMBERS}) WHERE ${IS_NUMBER}`).run()
  })
}

/** The log has another name from this commit on. */
export function renameNumbers(db: DatabaseHandle, incarnation: string): void {
  db.prepare(`UPDATE sqlite_sequence SET name = ? WHERE ${IS_NUMBER}`).run(COMMITS_OF + incarnation)
}

/**
 * The numbers of commits that stand anywhere on a page, whether its rows lead to them or not; undefined where one of them may be half of
 * an older and half of a newer one.
 *
 * A power cut in the middle of a checkpoint may leave some sectors of a page new and others old. The beginning of the page, which says
 * where each row lies, then belongs to another version than the rows at its end, and leads past them.
 */
export function commitNumbersOn(page: Buffer): readonly number[] | undefined {
  const numbers: number[] = []
  for (let at = page.indexOf(COMMITS_OF); at >= 0; at = page.indexOf(COMMITS_OF, at + 1)) {
    // The kind of the column's value stands before the texts of the row: SQLite, "Record Format".
    const kindAt = at - 1
    const bytes = WHOLE_NUMBER_BYTES[page[kindAt] ?? 0]
    const numberAt = at + COMMITS_OF.length + INCARNATION_CHARACTERS
    if (bytes === undefined || numberAt + bytes > page.length) continue
    const isInOneSector =
      Math.floor(kindAt / SECTOR_BYTES) === Math.floor((numberAt + bytes - 1) / SECTOR_BYTES)
    if (!isInOneSector) return undefined
    numbers.push(wholeNumber(page, numberAt, bytes))
  }
  return numbers
}

function wholeNumber(page: Buffer, at: number, bytes: number): number {
  return bytes === 8 ? Number(page.readBigInt64BE(at)) : page.readIntBE(at, bytes)
}

/** Undefined where the rows of a page are not those of the table of counters. */
export function countersIn(rows: readonly LeafRow[]): Counters | undefined {
  const counters = rows.flatMap(({ values }) => counterOf(values) ?? [])
  const commits = counters.find(({ name }) => name.startsWith(COMMITS_OF))
  const events = counters.find(({ name }) => name === 'event')
  if (!commits && !events) return undefined
  return {
    incarnation: commits?.name.slice(COMMITS_OF.length),
    commit: commits?.seq ?? 0,
    lastSeq: events?.seq ?? 0,
  }
}

interface Counter {
  readonly name: string
  readonly seq: number
}

function counterOf(values: LeafRow['values']): Counter | undefined {
  const [name, seq] = values
  const isCounter = values.length === 2 && typeof name === 'string' && typeof seq === 'number'
  return isCounter ? { name, seq } : undefined
}
