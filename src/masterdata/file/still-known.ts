/** What a copy that has to be begun again still says of badges: central may be away for weeks, and people work until then. */
import Database from 'better-sqlite3'
import type { DatabaseHandle } from '../../sqlite/database.ts'

/** Whose badges they are, with the salt of their hashes. */
interface StillKnown {
  readonly whose: string
  readonly salt: Buffer
  /** By the number of the user. */
  readonly badges: ReadonlyMap<number, string>
  /** When they were read, ms since 1970. */
  readonly readAtMs: number | undefined
}

interface Holder {
  readonly id: number
  readonly badge: string
}

/** Undefined where nothing of it can be read. Never throws. A badge that was damaged is that of nobody: it is a hash. */
export function badgesStillKnown(file: string): StillKnown | undefined {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true })
    try {
      return knownIn(db)
    } finally {
      db.close()
    }
  } catch {
    return undefined
  }
}

/** Into a file that has just been begun. */
export function keepKnown(db: DatabaseHandle, { whose, salt, badges, readAtMs }: StillKnown): void {
  db.transaction(() => {
    db.prepare('INSERT INTO about (id, whose, salt) VALUES (1, ?, ?)').run(whose, salt)
    const keep = db.prepare('INSERT INTO holder (id, badge) VALUES (?, ?)')
    for (const [id, badge] of badges) keep.run(id, badge)
    const read = db.prepare("INSERT INTO reading (kind, at_ms) VALUES ('users', ?)")
    if (readAtMs !== undefined) read.run(readAtMs)
  })()
}

function knownIn(db: DatabaseHandle): StillKnown | undefined {
  const about = db.prepare<[], Pick<StillKnown, 'whose' | 'salt'>>('SELECT whose, salt FROM about').get()
  if (about === undefined) return undefined
  const badges = new Map<number, string>()
  // From both ends: a reading ends where a page is damaged.
  for (const order of ['ASC', 'DESC']) {
    untilDamage(() => {
      const all = db.prepare<[], Holder>(`SELECT id, badge FROM holder NOT INDEXED ORDER BY id ${order}`)
      for (const { id, badge } of all.iterate()) badges.set(id, badge)
    })
  }
  const selectTime = "SELECT at_ms FROM reading WHERE kind = 'users'"
  const readAtMs = untilDamage(() => db.prepare<[], number>(selectTime).pluck().get())
  return { ...about, badges, readAtMs }
}

function untilDamage<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
