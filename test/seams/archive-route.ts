/**
 * A route of test code: it archives every event in a SQLite file, with the stream's place in the same transaction. It stands
 * for a destination of another make.
 */
import Database from 'better-sqlite3'
import type {
  DestinationSession,
  DestinationTransaction,
  Incident,
  Route,
  StreamHead,
} from '../../src/domain/destination.ts'
import { DestinationError } from '../../src/domain/errors.ts'
import type { EventCodec } from '../../src/domain/events/codec.ts'
import type { Delivery } from '../../src/domain/outbox.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS stream (one INTEGER PRIMARY KEY CHECK (one = 1), incarnation TEXT, epoch INTEGER, seq INTEGER, hash BLOB);
  CREATE TABLE IF NOT EXISTS archived (seq INTEGER, payload TEXT);
  CREATE TABLE IF NOT EXISTS incident (kind TEXT, detail TEXT)`

export function archiveRoute(file: string, codec: EventCodec, must: Delivery = 'deliver'): Route {
  return {
    name: 'archive',
    must,
    takes: () => true,
    batch: { rows: 100, lingerMs: 10 },
    destination: { connect: async () => sessionOn(opened(file), codec) },
  }
}

/** Everything that was archived, in order. */
export function archivedEvents(file: string, codec: EventCodec) {
  const db = new Database(file, { readonly: true })
  try {
    const payloads = db.prepare<[], string>('SELECT payload FROM archived ORDER BY rowid').pluck().all()
    return payloads.map((payload) => codec.decode(payload))
  } finally {
    db.close()
  }
}

/** What the archive was told to write down, in order. */
export function archivedIncidents(file: string): readonly Incident[] {
  const db = new Database(file, { readonly: true })
  try {
    const rows = db
      .prepare<[], Record<'kind' | 'detail', string>>('SELECT * FROM incident ORDER BY rowid')
      .all()
    return rows.map(({ kind, detail }) => ({ kind, detail: JSON.parse(detail) }) as Incident)
  } finally {
    db.close()
  }
}

/** Its disk may be away. */
function opened(file: string): Database.Database {
  try {
    return new Database(file)
  } catch (error) {
    const message = `archive: ${file} cannot be opened`
    throw new DestinationError('archive-file', message, { refusal: 'wait', cause: error })
  }
}

function sessionOn(db: Database.Database, codec: EventCodec): DestinationSession {
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(SCHEMA)
  const head = () => headOf(db)
  return {
    clockOffsetMs: 0,
    head: async () => head(),
    transaction: async (work) => {
      db.exec('BEGIN IMMEDIATE')
      try {
        const result = await work(transactionOn(db, codec, head()))
        db.exec('COMMIT')
        return result
      } catch (error) {
        if (db.inTransaction) db.exec('ROLLBACK')
        throw error
      }
    },
    holdsAny: async () => db.prepare('SELECT 1 FROM archived LIMIT 1').get() !== undefined,
    quarantineSummary: async () => ({ count: 0, refused: [] }),
    troubles: [],
    [Symbol.asyncDispose]: async () => {
      db.close()
    },
  }
}

function headOf(db: Database.Database): StreamHead | undefined {
  const row = db.prepare<[], StreamHead>('SELECT incarnation, epoch, seq, hash FROM stream').get()
  return row && { ...row, hash: new Uint8Array(row.hash) }
}

function transactionOn(
  db: Database.Database,
  codec: EventCodec,
  head: StreamHead | undefined,
): DestinationTransaction {
  const archive = db.prepare('INSERT INTO archived (seq, payload) VALUES (?, ?)')
  return {
    head,
    begin: async ({ incarnation, epoch }, { seq, hash }) => {
      db.prepare('INSERT OR REPLACE INTO stream VALUES (1, ?, ?, ?, ?)').run(incarnation, epoch, seq, hash)
    },
    apply: async (events) => {
      for (const { seq, event } of events) archive.run(seq, codec.encode(event))
      return []
    },
    quarantine: async () => {
      throw new Error('an archive refuses nothing')
    },
    quarantined: async () => [],
    release: async () => undefined,
    advance: async ({ seq, hash }) => {
      db.prepare('UPDATE stream SET seq = ?, hash = ?').run(seq, hash)
    },
    record: async ({ kind, detail }) => {
      db.prepare('INSERT INTO incident VALUES (?, ?)').run(kind, JSON.stringify(detail))
    },
  }
}
