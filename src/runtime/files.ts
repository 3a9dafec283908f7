/** Files that survive a power cut: a new content is there as a whole or not at all, and it is on the disk when the call returns. */
import {
  closeSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Only the gateway's own user may read it. */
const PRIVATE = 0o600

/**
 * Replaces a file, or makes it: the text is written beside it, made durable and given its name. After a power cut there is
 * the old file or the new one, never half of one. A disk may take seconds for it, and nobody else in this thread waits meanwhile: two
 * calls for one file must not overlap.
 * @throws what the file system says
 */
export async function replaceFile(path: string, text: string | Uint8Array, mode = PRIVATE): Promise<void> {
  const beside = freePlaceBeside(path)
  try {
    {
      await using file = await open(beside, 'wx', mode)
      giveToNeighbours(beside)
      await file.writeFile(text)
      await file.sync()
    }
    await rename(beside, path)
  } catch (error) {
    // Half a file would hold what is left of a full disk.
    await rm(beside, { force: true }).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * The same while everything else in this thread waits: for commands, and for what happens once.
 * @throws what the file system says
 */
export function replaceFileSync(path: string, text: string | Uint8Array, mode = PRIVATE): void {
  const beside = freePlaceBeside(path)
  try {
    const descriptor = openSync(beside, 'wx', mode)
    try {
      giveToNeighbours(beside)
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(beside, path)
  } catch (error) {
    removeIfPossible(beside)
    throw error
  }
  syncFolderSync(dirname(path))
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // On a disk that takes nothing it stays, and the next writing of the same file removes it.
  }
}

/** As new contents are called until they get their names. */
const UNFINISHED = /^\..+\.new$/s

/**
 * Removes what an earlier life of the program left half written in a folder that is its own: with the next writing of the same file it would
 * go anyway, and of a file that is written no more it would stay. Not while anybody writes there.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const left = names.filter((name) => UNFINISHED.test(name))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)))
}

/** Where a new content is written. What lies there may be half a file, or a link by which root would write elsewhere: it is never opened. */
function freePlaceBeside(path: string): string {
  // Hidden, so that nobody who lists the folder takes it for one of the files there.
  const beside = join(dirname(path), `.${basename(path)}.new`)
  clearPlace(beside)
  rmSync(beside, { force: true })
  return beside
}

/**
 * Makes a private folder below another one, and those between the two. The upper one is never made: where somebody has moved the data folder away
 * while the gateway runs, a new one in its place would be in the way of the old one, and would look like that of a gateway that never ran.
 * @throws what the file system says: ENOENT where the upper one is gone
 */
export async function makeFolderBelow(upper: string, folder: string): Promise<void> {
  if (folder === upper || dirname(folder) === folder) return
  await makeFolderBelow(upper, dirname(folder))
  await mkdir(folder, { mode: 0o700 }).catch(async (error: unknown) => {
    if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw error
  })
}

/**
 * The same while everything else in this thread waits.
 * @returns whether it was made
 * @throws what the file system says: ENOENT where the upper one is gone
 */
export function makeFolderBelowSync(upper: string, folder: string): boolean {
  if (folder === upper || dirname(folder) === folder) return false
  makeFolderBelowSync(upper, dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
    return false
  }
}

/**
 * Moves a folder away that somebody has put in the place of one of the gateway's own files: no file can be put over it, and what is in it
 * is theirs.
 */
export function clearPlace(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  // What was found there before is somebody's as well.
  const isFree = (name: string) => lstatSync(name, { throwIfNoEntry: false }) === undefined
  renameSync(path, numbered(`${path}.found`).find(isFree) ?? `${path}.found`)
}

/** More of one name are not told apart. */
const NUMBERED_MAX = 100

/** A name, and those under which others of its kind are kept beside it: `state.json.found`, `state.json.found-2`. */
export function numbered(name: string): readonly string[] {
  return [name, ...Array.from({ length: NUMBERED_MAX - 1 }, (_, index) => `${name}-${index + 2}`)]
}

/**
 * Makes what was created, renamed or removed in a folder durable. Syncing the files alone does not keep their names. Nobody else in this
 * thread waits for the disk.
 */
export async function syncFolder(folder: string): Promise<void> {
  await using opened = await open(folder, 'r')
  await opened.sync()
}

/** The same while everything else in this thread waits: for threads that own files, for commands, and for what happens once. */
export function syncFolderSync(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * What a command of root's makes beside the gateway belongs to whoever has the folder around it: it must shut nobody out. Whoever that is
 * may have laid a link in its place: only the link is given away then.
 */
export function giveToNeighbours(path: string): void {
  const { uid, gid } = statSync(dirname(path))
  if (lstatSync(path).uid === uid) return
  try {
    lchownSync(path, uid, gid)
  } catch {
    // Only root may give a file away, and not on every network share.
  }
}

const ROOT = 0

/**
 * The link that another user has laid in a path, at its end or on the way there: what root did with it would be done wherever that user
 * wants. Whoever is not root can do no more there than that user may let him, and finds none.
 * @param path absolute
 */
export function linkOfAnother(path: string, ownUid = effectiveUser()): string | undefined {
  if (ownUid !== ROOT) return undefined
  const above = dirname(path)
  const found = above === path ? undefined : linkOfAnother(above, ownUid)
  if (found !== undefined) return found
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isSymbolicLink() && stat.uid !== ROOT ? path : undefined
}

/** As whom this process acts. A user of a container may have no name, so the number is read where the kernel shows it. */
function effectiveUser(): number | undefined {
  return statSync('/proc/self', { throwIfNoEntry: false })?.uid
}
