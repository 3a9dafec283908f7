/**
 * Loaded into each thread of a process before its program: whatever better-sqlite3 prepares, its own text is a line, in JSON, in the file
 * that `PREPARED_FILE` names.
 */
import { appendFileSync } from 'node:fs'
import Database from 'better-sqlite3'

const file = process.env.PREPARED_FILE
const { prepare } = Database.prototype

if (file)
  Database.prototype.prepare = function noted(this: Database.Database, text: string) {
    appendFileSync(file, `${JSON.stringify(text)}\n`)
    return prepare.call(this, text)
  } as typeof prepare
