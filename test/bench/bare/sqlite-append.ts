/** The least that keeping events durably can cost: `better-sqlite3`, one insert an event, one synced commit a group. */
import Database from 'better-sqlite3'

export interface BareLog {
  /** Stores the events in commits of `groupSize`. */
  append(events: readonly { readonly kind: string }[], groupSize: number): void
  close(): void
}

export function openBareLog(file: string): BareLog {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(`CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
    payload TEXT NOT NULL, captured_at_ms INTEGER NOT NULL) STRICT`)
  const insert = db.prepare('INSERT INTO event (kind, payload, captured_at_ms) VALUES (?, ?, ?)')
  const commit = db.transaction((group: readonly { readonly kind: string }[]) => {
    for (const event of group) insert.run(event.kind, JSON.stringify(event), Date.now())
  })
  return {
    append: (events, groupSize) => {
      for (let start = 0; start < events.length; start += groupSize) {
        commit.immediate(events.slice(start, start + groupSize))
      }
    },
    close: () => db.close(),
  }
}
