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
/** Of a file that says nothing of its size, so much is read at first, and twice as much each time. */
const FIRST_BYTES = 4_096

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
    const stats = fstatSync(descriptor)
    refuseUnlessPlain(stats)
    const bytes = new BytesRead(stats, maxBytes)
    while (bytes.took(readSync(descriptor, bytes.room)));
    return bytes.all
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
  const stats = await file.stat()
  refuseUnlessPlain(stats)
  const bytes = new BytesRead(stats, maxBytes)
  while (bytes.took((await file.read(bytes.room)).bytesRead));
  return bytes.all.toString('utf8')
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

/**
 * What was read of a file so far. It takes little more memory than the file: a start reads hundreds of them, and what they leave behind
 * the C library hardly ever gives back. What was read is counted: the size that the file system gives is 0 for some endless files, and
 * others grow meanwhile.
 */
class BytesRead {
  readonly #maxBytes: number
  #bytes: Buffer
  #length = 0

  constructor({ size }: Stats, maxBytes: number) {
    this.#maxBytes = maxBytes
    // One byte more than the file has: where that stays empty, the file has ended.
    this.#bytes = Buffer.allocUnsafeSlow(size > 0 ? Math.min(size, maxBytes) + 1 : FIRST_BYTES)
  }

  /** Where the next bytes go. */
  get room(): Buffer {
    return this.#bytes.subarray(this.#length)
  }

  get all(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /**
   * Notes how many bytes were put there.
   * @returns whether there may be more: false at the end of the file
   * @throws NotReadable when it is too long
   */
  took(count: number): boolean {
    this.#length += count
    if (this.#length > this.#maxBytes) throw tooLong(this.#maxBytes)
    if (this.#length === this.#bytes.length) this.#enlarge()
    return count > 0
  }

  #enlarge(): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length)
    this.#bytes.copy(larger)
    this.#bytes = larger
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
