/** By what a broker knows this gateway again: an id that is made once and kept, since computers may share a name and a path. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../../runtime/files.ts'
import { InTurn } from '../../../runtime/in-turn.ts'
import { isOnlyUnread } from '../../../runtime/system-fault.ts'

const FILE = 'broker-id'
const ID = /^[0-9a-f]{32}$/

/** The first devices of a gateway may all ask at the same moment, and there is one id for all of them. */
const making = new InTurn()

/** Of this life of the program, by the folder: it stays the same, whatever becomes of the file. */
const known = new Map<string, { readonly id: string; readonly isKept: boolean }>()

/** @param folder where drivers keep their files; a cloned one makes two gateways that throw each other out */
export function lastingId(folder: string): Promise<string> {
  return making.do(() => keptOrMade(folder))
}

/**
 * Where the disk takes none, the broker knows this gateway until its next start only: a session that is not found again is no loss of events. A file
 * that cannot be read now is left alone, since the next start may be known by it.
 */
async function keptOrMade(folder: string): Promise<string> {
  const before = known.get(folder)
  if (before?.isKept) return before.id
  const path = join(folder, FILE)
  const kept = await readFile(path, 'utf8').catch((error: Error) => error)
  const isThere = typeof kept === 'string' && ID.test(kept.trim())
  const id = before?.id ?? (isThere ? kept.trim() : randomBytes(16).toString('hex'))
  known.set(folder, { id, isKept: isThere || (!isOnlyUnread(kept) && (await keep(path, id))) })
  return id
}

/** @returns whether the disk took it: else it is tried again by the next device that connects */
async function keep(path: string, id: string): Promise<boolean> {
  try {
    await replaceFile(path, `${id}\n`)
    return true
  } catch {
    return false
  }
}
