/**
 * Opens the file of a log, which has had its tables since it got its name: a new one is made whole under another name first.
 *
 * So a file without content is never one that was just being made, but what a power cut or a tool has left of a log, and so is a
 * write-ahead log without its file. SQLite would take either for a new one, say nothing, and delete the write-ahead log.
 */
import { lstatSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from '../../runtime/files.ts'
import { checkpoint, type DatabaseHandle } from '../../sqlite/database.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { openBufferFile } from './schema.ts'
import { PARTS } from './whereabouts.ts'

type Options = NonNullable<Parameters<typeof openBufferFile>[1]>

/**
 * Opens the file; where nothing of a log is there, makes it.
 * @throws Damage where it is empty, or gone from beside its write-ahead log
 * @throws StoreError when it cannot be used
 */
export function openWholeFile(file: string, options: Options): DatabaseHandle {
  if (isThere(file)) {
    if (sizeOf(file) === 0) throw new Damage('the file is empty')
  } else if (sizeOf(`${file}-wal`)) throw new Damage('the file is gone, and its write-ahead log is there')
  else makeWhole(file, options)
  return openBufferFile(file, options)
}

/** A link that leads nowhere is there: somebody wants the file made at its other end. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** In bytes; undefined where nothing lies, or a link leads nowhere. */
function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}

function makeWhole(file: string, options: Options): void {
  const unfinished = `${file}-unfinished`
  for (const part of PARTS) rmSync(unfinished + part, { force: true })
  const db = openBufferFile(unfinished, options)
  try {
    checkpoint(db)
  } finally {
    db.close()
  }
  renameSync(unfinished, file)
  syncFolder(dirname(file))
}
