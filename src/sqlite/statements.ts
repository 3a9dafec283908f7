/** The statements of a connection, each prepared once. */
import type Database from 'better-sqlite3'

/** Of one connection. No part of the gateway has half as many texts. */
const STATEMENTS_MAX = 200

/**
 * Lets the connection hand out again what it has prepared for the same text before.
 *
 * Each statement takes some 7 KB outside of V8's heap. better-sqlite3 gives them back only once V8 collects the object that stands for
 * the statement, and in a thread that makes little garbage that is hours later: two statements a second that were prepared anew each
 * time held 27 MB after half an hour.
 *
 * What is set of a statement (`pluck`, `raw`) stays set. So one text is always asked for in one way.
 */
export function rememberStatements(db: Database.Database): void {
  const prepare = db.prepare.bind(db)
  const prepared = new Map<string, Database.Statement>()
  const prepareOnce = (text: string): Database.Statement => {
    const known = prepared.get(text)
    if (known) return known
    const statement = prepare(text)
    prepared.set(text, statement)
    if (prepared.size > STATEMENTS_MAX) forgetOldest(prepared)
    return statement
  }
  // Its declaration tells the kinds of values of each statement, which nothing knows here.
  db.prepare = prepareOnce as Database.Database['prepare']
}

/** Whoever still holds it can go on with it. */
function forgetOldest(prepared: Map<string, unknown>): void {
  const [oldest] = prepared.keys()
  if (oldest !== undefined) prepared.delete(oldest)
}
