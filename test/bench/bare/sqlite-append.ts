/** The least that keeping events durably can cost: `better-sqlite3`, one insert an event, one synced commit a group. */
import Database from 'better-sqlite3'

type Kinds = readonly { readonly kind: string }[]

export interface BareLog {
  /** Stores the events in commits of `groupSize`; with a state, each commit keeps its last one. */
  append(events: Kinds, groupSize: number, state: object | undefined): void
  close(): void
}

const SCHEMA = `
  CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
    payload TEXT NOT NULL, captured_at_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE state (owner TEXT PRIMARY KEY, payload TEXT NOT NULL) STRICT`

export function openBareLog(file: string): BareLog {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(SCHEMA)
  const insert = db.prepare('INSERT INTO event (kind, payload, captured_at_ms) VALUES (?, ?, ?)')
  const save = db.prepare('INSERT OR REPLACE INTO state (owner, payload) VALUES (?, ?)')
  const commit = db.transaction((group: Kinds, state: object | undefined) => {
    for (const event of group) insert.run(event.kind, JSON.stringify(event), Date.now())
    if (state) save.run('machine', JSON.stringify(state))
  })
  return {
    append: (events, groupSize, state) => {
      for (let start = 0; start < events.length; start += groupSize) {
        commit.immediate(events.slice(start, start + groupSize), state)
      }
    },
    close: () => db.close(),
  }
}
