/**
 * Puts an open log back under its name, after somebody has deleted or renamed a part of it. As long as it is open, all of it can
 * still be read; so a copy is written, made durable and given the name. What lies there by now is kept.
 */
import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../../domain/errors.ts'
import { utcText } from '../../domain/instant.ts'
import { syncFolder } from '../../runtime/files.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import type { Notice } from '../messages.ts'
import { PARTS, type Whereabouts } from './whereabouts.ts'

const PRIVATE = 0o600

/**
 * Leaves the copy under the file's name, and the connection closed.
 * @returns as what a file of somebody else was kept that lay under one of the names
 * @throws what the disk says when it cannot take the copy: the connection then is as it was
 */
export function putBack(
  db: DatabaseHandle,
  file: string,
  whereabouts: Whereabouts,
  atMs: number,
): readonly string[] {
  const copy = `${file}.copy`
  writeCopy(db, copy)
  const kept = PARTS.map((part) => file + part)
    .filter((path) => existsSync(path) && !whereabouts.isOurs(path))
    .map((path) => keepAside(path, atMs))
  renameSync(copy, wholeCopyOf(file))
  syncFolder(dirname(file))
  db.close()
  // The copy holds what is in them, and a write-ahead log beside another file than its own would be read into that.
  for (const part of PARTS) rmSync(file + part, { force: true })
  takeName(file)
  return kept
}

/**
 * Goes on where the process ended before the copy had the file's name. Whose the files are that lie there by now nobody knows any more,
 * so all of them are kept.
 * @returns as what they were kept; undefined where no copy waits
 */
export function finishPutBack(file: string, atMs: number): readonly string[] | undefined {
  if (!existsSync(wholeCopyOf(file))) return undefined
  const kept = PARTS.map((part) => file + part)
    .filter((path) => existsSync(path))
    .map((path) => keepAside(path, atMs))
  takeName(file)
  return kept
}

/** What has this name is whole and durable. */
function wholeCopyOf(file: string): string {
  return `${file}.whole-copy`
}

function takeName(file: string): void {
  renameSync(wholeCopyOf(file), file)
  syncFolder(dirname(file))
}

/** The copy is synced by SQLite, as every commit is. */
function writeCopy(db: DatabaseHandle, copy: string): void {
  try {
    rmSync(copy, { force: true })
    closeSync(openSync(copy, 'ax', PRIVATE))
    db.prepare('VACUUM INTO ?').run(copy)
    chmodSync(copy, PRIVATE)
  } catch (error) {
    rmSync(copy, { force: true })
    throw error
  }
}

function keepAside(path: string, atMs: number): string {
  const aside = `${path}.found-${utcText(atMs).replaceAll(':', '')}`
  renameSync(path, aside)
  return aside
}

/** Where the whole folder is gone, a copy would help nobody: the lock and the rest of it are elsewhere too. */
export function folderDisplaced(file: string): StoreError {
  const message = `buffer ${file}: its folder was renamed, deleted or replaced while the gateway ran`
  const hint = `put ${dirname(file)} back as it was; if it is gone for good, start the gateway again`
  return new StoreError('buffer-displaced', message, { retryable: true, hint })
}

/** What the log of the gateway says of it. */
export function putBackNotice(file: string, kept: readonly string[]): Omit<Notice, 'kind'> {
  const others = kept.length === 0 ? '' : `; what lay there is now ${kept.join(', ')}`
  const message = `buffer ${file} was deleted or renamed while the gateway ran, and was put back as a whole${others}`
  return { level: 'error', fields: { event: 'buffer-put-back', file, kept }, message }
}
