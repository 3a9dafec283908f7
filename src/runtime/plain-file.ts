/**
 * Reads files whose names somebody else chose, such as whatever lies in a folder of device maps. A named pipe, a device or a
 * file without end beside the right ones must neither stop the program nor fill its memory.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'

/** A file that is not read: it is no plain one, or too long. Whoever asked for it turns this into a fault of that file. */
export class NotReadable extends Error {
  override readonly name = 'NotReadable'
  /** What to do about it. */
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** Opening waits for nobody: a pipe without a writer is opened at once, and a terminal does not become ours. */
const OPEN_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
const CHUNK_BYTES = 65_536

/**
 * The bytes of a plain file, or of the one that a link leads to.
 * @throws NotReadable, or what the file system says
 */
export function readPlainFile(path: string, maxBytes: number): Uint8Array {
  // Looked at before it is opened, since opening alone sets some devices going (a watchdog, a tape).
  refuseUnlessPlain(statSync(path))
  const descriptor = openSync(path, OPEN_WITHOUT_WAITING)
  try {
    // Looked at again, since something else may have been put in its place meanwhile.
    refuseUnlessPlain(fstatSync(descriptor))
    return readAtMost(descriptor, maxBytes)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * The text of a plain file, read without holding anything up: for whatever is read while machines are polled.
 * @throws NotReadable, or what the file system says
 */
export async function readPlainText(path: string, maxBytes: number): Promise<string> {
  refuseUnlessPlain(await stat(path))
  await using file = await open(path, OPEN_WITHOUT_WAITING)
  refuseUnlessPlain(await file.stat())
  const chunks: Uint8Array[] = []
  for (let total = 0; total <= maxBytes; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES))
    if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8')
    chunks.push(buffer.subarray(0, bytesRead))
    total += bytesRead
  }
  throw tooLong(maxBytes)
}

/**
 * Reads a plain file and keeps nothing of it, so that the system has it in its memory. Nothing is held up.
 * @param chunk what is read goes there, piece by piece
 * @throws NotReadable, or what the file system says
 */
export async function readThrough(path: string, maxBytes: number, chunk: Uint8Array): Promise<void> {
  refuseUnlessPlain(await stat(path))
  await using file = await open(path, OPEN_WITHOUT_WAITING)
  refuseUnlessPlain(await file.stat())
  for (let total = 0; total < maxBytes; ) {
    const { bytesRead } = await file.read(chunk)
    // The last part of a file is a short one: nobody has to be told its end.
    if (bytesRead < chunk.length) return
    total += bytesRead
  }
}

/** Counts what it reads: the size that the file system gives is 0 for some endless files, and others grow meanwhile. */
function readAtMost(descriptor: number, maxBytes: number): Uint8Array {
  const chunks: Uint8Array[] = []
  for (let total = 0; ; ) {
    const chunk = new Uint8Array(CHUNK_BYTES)
    const length = readSync(descriptor, chunk)
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, length))
    total += length
    if (total > maxBytes) throw tooLong(maxBytes)
  }
}

function tooLong(maxBytes: number): NotReadable {
  return new NotReadable('it is too long', `at most ${maxBytes} bytes`)
}

function refuseUnlessPlain(stats: Stats): void {
  if (!stats.isFile()) throw new NotReadable(`it is ${kindOf(stats)}`, 'put a plain file there')
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}
