/** By what a broker knows this gateway again: an id that is made once and kept, since computers may share a name and a path. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFileSync } from '../../../runtime/files.ts'

const FILE = 'broker-id'
const ID = /^[0-9a-f]{32}$/

/** @param folder where drivers keep their files; a cloned one makes two gateways that throw each other out */
export function lastingId(folder: string): string {
  const path = join(folder, FILE)
  const kept = readIfThere(path)
  if (ID.test(kept)) return kept
  const made = randomBytes(16).toString('hex')
  try {
    mkdirSync(folder, { recursive: true })
    replaceFileSync(path, `${made}\n`)
  } catch {
    // On a full disk the broker knows this gateway until its next start only: a session that is not found again is no loss of events.
  }
  return made
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
