/**
 * Opens the file of a log, which has had its tables since it got its name: a new one is made whole under another name first.
 *
 * So a file without content is never one that was just being made, and parts without their file are no new log either: both are what a
 * power cut, a tool or a repair of the file system has left of one.
 */
import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { NOT_OURS, StoreError } from '../../domain/errors.ts'
import { syncFolderSync } from '../../runtime/files.ts'
import { checkpoint, type DatabaseHandle } from '../../sqlite/database.ts'
import { isEmpty, isReadable, isThere, leadsTo, PARTS, requireParts } from '../../sqlite/parts.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { bufferFile, openBufferFile } from './schema.ts'

const FOREIGN = 'it is a SQLite file of another program'
/** With which every file of SQLite begins. */
const MAGIC = Buffer.from('SQLite format 3\0')
/** Where the header of a file says how it is written, and what stands there of one without a write-ahead log. */
const WRITE_VERSION_AT = 18
const ROLLBACK = 1

/** How it is opened. */
interface Opening extends NonNullable<Parameters<typeof openBufferFile>[1]> {
  /** Whether nothing of this process can have it open yet. */
  readonly isFirst: boolean
  /** Is called before SQLite opens the file, and may lay aside what SQLite would write into it. */
  readonly beforeReplay?: () => void
}

/**
 * Opens the file; where nothing of a log is there, makes it.
 * @throws Damage where it is empty, gone or not ours, and something of a log is there
 * @throws StoreError when it cannot be used
 */
export function openWholeFile(file: string, { isFirst, beforeReplay, ...options }: Opening): DatabaseHandle {
  if (PARTS.every((part) => !isThere(file + part))) makeWhole(file, options)
  else requireLog(file, isFirst)
  if (isFirst) beforeReplay?.()
  try {
    return openBufferFile(file, options)
  } catch (error) {
    // The folder is the gateway's: what was put there by mistake must not keep it from starting.
    throw isForeign(error) ? new Damage(FOREIGN) : error
  }
}

function requireLog(file: string, isFirst: boolean): void {
  requireParts(file)
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) throw new Damage('the file is gone, and only what belongs to it is left')
  if (isEmpty(found)) throw new Damage('the file is empty')
  // By the rules of POSIX closing it ends all locks that this process holds on it.
  if (isFirst && isReadable(`${leadsTo(file)}-wal`) && !hasWriteAheadLog(file)) throw new Damage(FOREIGN)
}

/**
 * SQLite would write the pages of a log into any file beside it. By its header one of ours has had a write-ahead log since it was made.
 * A beginning that is no header says nothing: a power cut may have left it while it was being written anew from the write-ahead log.
 */
export function hasWriteAheadLog(file: string): boolean {
  const header = Buffer.alloc(WRITE_VERSION_AT + 1)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, header, 0, header.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return !header.subarray(0, MAGIC.length).equals(MAGIC) || header[WRITE_VERSION_AT] !== ROLLBACK
}

function isForeign(error: unknown): boolean {
  return error instanceof StoreError && error.code === `${bufferFile('').name}-${NOT_OURS.foreign}`
}

function makeWhole(file: string, options: Omit<Opening, 'isFirst' | 'beforeReplay'>): void {
  const unfinished = `${file}-unfinished`
  for (const part of PARTS) rmSync(unfinished + part, { recursive: true, force: true })
  const db = openBufferFile(unfinished, options)
  try {
    checkpoint(db)
  } finally {
    db.close()
  }
  renameSync(unfinished, file)
  syncFolderSync(dirname(file))
}
