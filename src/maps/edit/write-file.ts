/**
 * Writes a file of the devices folder so that it stays what it was to everybody else: owner, group and mode stay, a link stays a link,
 * and whoever reads it meanwhile finds the old text or the new one.
 */
import { constants, type Stats } from 'node:fs'
import { access, type FileHandle, open, realpath, rename, rm, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../../runtime/files.ts'

const NEW_FILE_MODE = 0o644
const PERMISSION_BITS = 0o7777

/**
 * Where the gateway's user may not make files in the folder, or not give one to its owner, the file is written in its place: a power
 * cut in that moment would leave half of it, and the last good map goes on. A disk that is full leaves it as it was.
 * @throws what the file system says
 */
export async function writeFileLike(path: string, bytes: Uint8Array): Promise<void> {
  const target = await targetOf(path)
  try {
    await replace(target, bytes)
  } catch (error) {
    if (!isForbidden(error)) throw error
    await using file = await open(target, constants.O_WRONLY)
    await writeInPlace(file, bytes)
  }
}

/** What is longer than before comes first: only that needs room on the disk. */
async function writeInPlace(file: FileHandle, bytes: Uint8Array): Promise<void> {
  const { size } = await file.stat()
  try {
    await writeAt(file, bytes, size, bytes.length)
    await file.sync()
  } catch (error) {
    await file.truncate(size)
    throw error
  }
  await writeAt(file, bytes, 0, Math.min(size, bytes.length))
  await file.truncate(bytes.length)
  await file.sync()
}

/** Writes a part of a text to where it belongs. The system may take less than it is given at a time. */
async function writeAt(file: FileHandle, bytes: Uint8Array, from: number, to: number): Promise<void> {
  for (let at = from; at < to; ) at += (await file.write(bytes, at, to - at, at)).bytesWritten
}

/** @throws what the file system says */
export async function removeFile(path: string): Promise<void> {
  await unlink(path)
  await syncFolder(dirname(path))
}

/** Whether files can be written there; undefined where they can, or what the system says against it. */
export async function faultOfWriting(path: string): Promise<unknown> {
  try {
    await access(path, constants.W_OK)
    return undefined
  } catch (error) {
    return error
  }
}

async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    // It is new.
    return path
  }
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  // Hidden, so that nobody who lists the folder takes it for a map.
  const beside = join(dirname(path), `.${basename(path)}.new`)
  const before = await stat(path).catch(() => undefined)
  await rm(beside, { force: true })
  try {
    const file = await open(beside, 'wx', NEW_FILE_MODE)
    try {
      await (before ? takeAfter(file, before) : takeAfterFolder(file, path))
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Gives a file the owner and the mode of another one. */
async function takeAfter(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await file.stat()
  if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid)
  await file.chmod(mode & PERMISSION_BITS)
}

/** Whoever owns the folder can go on by hand with what is made in it, where this user may give files away. */
async function takeAfterFolder(file: FileHandle, path: string): Promise<void> {
  const { uid, gid } = await stat(dirname(path))
  await file.chown(uid, gid).catch(() => undefined)
}

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(String((error as { readonly code?: unknown }).code))
}
