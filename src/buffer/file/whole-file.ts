/**
 * Opens the file of a log, which has had its tables since it got its name: a new one is made whole under another name first.
 *
 * So a file without content is never one that was just being made, but what a power cut or a tool has left of a log. SQLite would take
 * it for a new one, say nothing, and delete the write-ahead log beside it.
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
 * @throws Damage where it is empty
 * @throws StoreError when it cannot be used
 */
export function openWholeFile(file: string, options: Options): DatabaseHandle {
  if (PARTS.every((part) => !isThere(file + part))) makeWhole(file, options)
  else if (statSync(file, { throwIfNoEntry: false })?.size === 0) throw new Damage('the file is empty')
  return openBufferFile(file, options)
}

/** A link that leads nowhere is there: somebody wants the file made at its other end. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
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
