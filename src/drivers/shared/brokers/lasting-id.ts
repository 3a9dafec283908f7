/** By what a broker knows this gateway again: an id that is made once and kept, since computers may share a name and a path. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../../runtime/files.ts'
import { InTurn } from '../../../runtime/in-turn.ts'

const FILE = 'broker-id'
const ID = /^[0-9a-f]{32}$/

/** The first devices of a gateway may all ask at the same moment, and there is one id for all of them. */
const making = new InTurn()

/** @param folder where drivers keep their files; a cloned one makes two gateways that throw each other out */
export function lastingId(folder: string): Promise<string> {
  return making.do(() => keptOrMade(folder))
}

async function keptOrMade(folder: string): Promise<string> {
  const path = join(folder, FILE)
  const kept = await readIfThere(path)
  if (ID.test(kept)) return kept
  const made = randomBytes(16).toString('hex')
  try {
    await mkdir(folder, { recursive: true })
    await replaceFile(path, `${made}\n`)
  } catch {
    // On a full disk the broker knows this gateway until its next start only: a session that is not found again is no loss of events.
  }
  return made
}

async function readIfThere(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    return ''
  }
}
