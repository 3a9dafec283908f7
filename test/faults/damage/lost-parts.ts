/** What people, restores and repairs of file systems make of a whole part of a log. */
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'

/** The structure, as the campaign names it, of damage that leaves nothing of a part. */
export const WHOLE_PART = 'all of it'

type Loss = (path: string) => void

const GONE = 'gone'

const LOSSES: Readonly<Record<string, Loss>> = {
  [GONE]: (path) => rmSync(path),
  'cut down to nothing': (path) => truncateSync(path),
  'a folder in its place': (path) => {
    rmSync(path)
    mkdirSync(path)
  },
  'a link to nowhere in its place': (path) => {
    rmSync(path)
    symlinkSync('/nowhere/at-all', path)
  },
  'a link to a text in its place': (path) => {
    renameSync(path, `${path}.before`)
    writeFileSync(`${path}.text`, 'no log, '.repeat(1_000))
    symlinkSync(`${path}.text`, path)
  },
  'a database of another program in its place': (path) => {
    const other = `${path}.other`
    const db = new Database(other)
    db.exec('CREATE TABLE invoice (id INTEGER, text); INSERT INTO invoice VALUES (1, hex(randomblob(9000)))')
    db.close()
    renameSync(other, path)
  },
}

/**
 * By their names.
 * @param isAlone whether the log has no other part: of one that is gone with all its parts nothing tells that it was there
 */
export function lossesOf(isAlone: boolean): Readonly<Record<string, Loss>> {
  const { [GONE]: gone, ...others } = LOSSES
  return isAlone || gone === undefined ? others : LOSSES
}
