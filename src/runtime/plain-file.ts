/**
 * Reads files whose names somebody else chose, such as whatever lies in a folder of device maps. A named pipe, a device or a
 * file without end beside the right ones must neither stop the program nor fill its memory.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'

/** What lies there is no plain file. The message says what it is. */
export class NotAPlainFile extends Error {
  override readonly name = 'NotAPlainFile'
}

/** The file is longer than its reader wants. */
export class FileTooLong extends Error {
  override readonly name = 'FileTooLong'
  constructor(maxBytes: number) {
    super(`it is longer than ${maxBytes} bytes`)
  }
}

/** Opening waits for nobody: a pipe without a writer is opened at once, and a terminal does not become ours. */
const OPEN_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
const CHUNK_BYTES = 65_536

/**
 * The bytes of a plain file, or of the one that a link leads to.
 * @throws NotAPlainFile, FileTooLong, or what the file system says
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

/** Counts what it reads: the size that the file system tells is 0 for some endless files, and others grow meanwhile. */
function readAtMost(descriptor: number, maxBytes: number): Uint8Array {
  const chunks: Uint8Array[] = []
  for (let total = 0; ; ) {
    const chunk = new Uint8Array(CHUNK_BYTES)
    const length = readSync(descriptor, chunk)
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, length))
    total += length
    if (total > maxBytes) throw new FileTooLong(maxBytes)
  }
}

function refuseUnlessPlain(stats: Stats): void {
  if (!stats.isFile()) throw new NotAPlainFile(`it is ${kindOf(stats)}`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}
