/**
 * The files that a SQLite database consists of, looked at before SQLite is: it takes a file that is missing or empty for a new one, and
 * then deletes the write-ahead log beside it, whatever that holds. A connection that cannot write does so too.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { StoreError } from '../domain/errors.ts'
import { numbered } from '../runtime/files.ts'
import { Damage } from './store-fault.ts'

/** By the endings of their names: the file, its write-ahead log, and the index of that, which whoever opens it first makes again. */
export const PARTS = ['', '-wal', '-shm'] as const

const PRIVATE = 0o600
/** Damaged files of one name that are kept beside it; the audit trail among them takes up to 64 MB. */
const ASIDE_MAX = 3
/** SQLite takes a file of one byte for an empty one too: on some file systems it writes that byte itself. */
const EMPTY_BYTES_MAX = 1

/** Also a link that leads nowhere. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** The file that a link leads to: SQLite keeps the write-ahead log beside that one. As it is where it leads nowhere. */
export function leadsTo(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

/**
 * Looks whether SQLite may open a file without harm.
 * @throws Damage where something else lies in the place of a part, or only the write-ahead log is left
 */
export function requireParts(file: string): void {
  const [real, folder] = [leadsTo(file), dirname(file)]
  const fault = faultOfFile(file) ?? faultOfPart(`${real}-wal`) ?? faultOfPart(`${real}-shm`)
  // What may not be moved away cannot be replaced either: then opening fails, and says so.
  if (fault !== undefined && mayWrite(folder)) throw new Damage(fault)
}

/** Whether SQLite takes a file for a new one. */
export function isEmpty({ size }: Stats): boolean {
  return size <= EMPTY_BYTES_MAX
}

/** Whether it is a file, and no link, that may be read and has something in it. */
export function isReadable(path: string): boolean {
  return isPlain(path) && sizeOf(path) > EMPTY_BYTES_MAX && may(path, constants.R_OK)
}

/**
 * Gives a database another name as a whole, so that whoever opens it there finds all that was committed. The file goes first: where it is gone
 * already, this was begun before and did not come to its end, and what bears the last of such names is the file itself. So many are kept, and the
 * last of them gives way to a further one: a disk that damages a file again and again is not to be filled by it.
 * @returns the other name
 */
export function setAside(file: string): string {
  const names = numbered(`${file}.damaged`).slice(0, ASIDE_MAX)
  const taken = names.findLastIndex((name) => PARTS.some((part) => isThere(name + part)))
  const aside = names[isThere(file) ? Math.min(taken + 1, ASIDE_MAX - 1) : Math.max(taken, 0)] ?? file
  if (isThere(file)) for (const part of PARTS) rmSync(aside + part, { recursive: true, force: true })
  for (const part of PARTS) if (isThere(file + part)) renameSync(file + part, aside + part)
  return aside
}

/**
 * Makes room for a database that can be made again of something else. What is no file, or by its tables none of ours, is set aside: it
 * may be the log itself, moved here by mistake.
 * @param why it cannot be used, as opening it said
 */
export function makeRoom(file: string, why: unknown): void {
  const isOdd = PARTS.some((part) => isThere(file + part) && !isPlain(file + part))
  if (isOdd || why instanceof StoreError) setAside(file)
  for (const part of PARTS) rmSync(file + part, { force: true })
}

function faultOfFile(file: string): string | undefined {
  const real = leadsTo(file)
  const found = statOf(real)
  if (found === undefined && isThere(file)) return `it is a link to ${readlinkSync(file)}, where no file is`
  if (found !== undefined && !found.isFile()) return `${kindOf(found)} lies in its place`
  if (found !== undefined && !mayUse(real)) return forbidden(found)
  const isLogLeft = isPlain(`${real}-wal`) && sizeOf(`${real}-wal`) > 0
  if (!isLogLeft || (found !== undefined && !isEmpty(found))) return undefined
  return `the file is ${found ? 'empty' : 'gone'}, and only its write-ahead log is left`
}

/** SQLite makes a plain file of each, and never a link. */
function faultOfPart(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  if (!found.isFile()) return `${kindOf(found)} lies in the place of ${basename(path)}`
  return mayUse(path) ? undefined : `${basename(path)}: ${forbidden(found)}`
}

function forbidden({ uid, mode }: Stats): string {
  return `the gateway may not read and write it: it belongs to user ${uid} and has the mode ${(mode & 0o777).toString(8)}`
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder'
  return found.isSymbolicLink() ? 'a link' : 'a device or a pipe'
}

/** What is the gateway's own is made private again; of a file system that cannot be written this says nothing. */
function mayUse(path: string): boolean {
  if (may(path, constants.R_OK | constants.W_OK)) return true
  try {
    chmodSync(path, PRIVATE)
  } catch {
    // It is somebody else's.
  }
  return may(path, constants.R_OK | constants.W_OK)
}

function mayWrite(folder: string): boolean {
  return existsSync(folder) && may(folder, constants.W_OK | constants.X_OK)
}

/** False only where it is forbidden: a file that is not there, or a disk that fails, is found when it is opened, which says so better. */
function may(path: string, what: number): boolean {
  try {
    accessSync(path, what)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EACCES')
  }
}

function isPlain(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function sizeOf(path: string): number {
  return statOf(path)?.size ?? 0
}

/** Undefined also where nothing can be asked of it, as of a link that leads to itself. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
