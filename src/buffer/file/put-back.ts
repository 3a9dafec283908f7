/**
 * Puts an open log back under its name, after somebody has deleted or renamed a part of it. As long as it is open, all of it can
 * still be read; so a copy is written, made durable and given the name. What lies there by now is kept.
 *
 * While what lies there is moved out of the way, the copy may be all that is left of the log. From the moment it bears the name that says
 * that it is whole, the next start finishes what a power cut interrupts.
 */
import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../../domain/errors.ts'
import { syncFolderSync } from '../../runtime/files.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { isThere, PARTS } from '../../sqlite/parts.ts'
import type { Notice } from '../messages.ts'
import { moveAside } from './aside.ts'
import type { Whereabouts } from './whereabouts.ts'

const PRIVATE = 0o600

/**
 * Writes the copy, and moves what is not of the log out of its way. {@link takePlace} is to follow at once, with the connection closed.
 * @returns as what a file of somebody else was kept that lay under one of the names
 * @throws what the disk says when it cannot take the copy: the connection then is as it was, and no copy is left
 */
export function writeWholeCopy(
  db: DatabaseHandle,
  file: string,
  whereabouts: Whereabouts,
  atMs: number,
): readonly string[] {
  const copy = `${file}.copy`
  writeCopy(db, copy)
  renameSync(copy, wholeCopyOf(file))
  try {
    syncFolderSync(dirname(file))
    return keepAside(file, atMs, (path) => !whereabouts.isOurs(path))
  } catch (error) {
    // The log goes on without it: the next start must not take it for the whole.
    rmSync(wholeCopyOf(file), { force: true })
    throw error
  }
}

/** Leaves the copy under the file's name. What fails is finished by {@link finishPutBack}. */
export function takePlace(file: string): void {
  // The copy holds what is in them, and a write-ahead log beside another file than its own would be read into that.
  for (const part of PARTS) rmSync(file + part, { force: true })
  giveName(file)
}

/**
 * Finishes what a power cut, a kill or an error of the disk interrupted.
 * @returns as what was kept that lies there, for nothing tells any more whose it is; undefined where nothing was begun
 */
export function finishPutBack(file: string, atMs: number): readonly string[] | undefined {
  if (!isThere(wholeCopyOf(file))) return undefined
  const kept = keepAside(file, atMs, () => true)
  giveName(file)
  return kept
}

function wholeCopyOf(file: string): string {
  return `${file}.whole-copy`
}

function giveName(file: string): void {
  renameSync(wholeCopyOf(file), file)
  syncFolderSync(dirname(file))
}

/** The copy is synced by SQLite, as every commit is. */
function writeCopy(db: DatabaseHandle, copy: string): void {
  try {
    rmSync(copy, { recursive: true, force: true })
    closeSync(openSync(copy, 'ax', PRIVATE))
    db.prepare('VACUUM INTO ?').run(copy)
    chmodSync(copy, PRIVATE)
  } catch (error) {
    rmSync(copy, { force: true })
    throw error
  }
}

/** @returns the new names of those parts that are there and that are to be kept */
function keepAside(file: string, atMs: number, isKept: (path: string) => boolean): readonly string[] {
  return PARTS.map((part) => file + part)
    .filter((path) => isThere(path) && isKept(path))
    .map((path) => moveAside(path, atMs))
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
