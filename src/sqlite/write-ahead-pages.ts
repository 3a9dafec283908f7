/** Which pages a write-ahead log holds, by the checksums with which SQLite itself decides what of it counts. */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'

const LOG_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** Without its last bit, which says in which order the checksums take the bytes of each word. */
const MAGIC = 0x377f0682
const PAGE_BYTES_AT = 8

/** SQLite's checksum. Each frame's goes on from that of the frame before. */
type Checksum = readonly [number, number]

/** A stretch of a log; shorter than asked for where that ends. */
type ReadAt = (at: number, length: number) => Buffer

/** A version of a page. */
interface Frame {
  readonly page: number
  /** Where its bytes begin in the log. */
  readonly at: number
}

/** What one commit wrote, with a way to its bytes. */
export interface LoggedCommit {
  readonly frames: readonly Frame[]
  readonly read: ReadAt
}

/** Where the newest committed version of each page begins in the log. */
export function committedPages(log: Buffer, pageBytes: number): ReadonlyMap<number, number> {
  const committed = new Map<number, number>()
  for (const { frames } of commitsIn((at, length) => log.subarray(at, at + length), pageBytes))
    for (const { page, at } of frames) committed.set(page, at)
  return committed
}

/** Every commit that SQLite would replay, in order. The file is read as far as one asks. */
export function* loggedCommits(logFile: string, pageBytes: number): Generator<LoggedCommit> {
  const descriptor = openSync(logFile, 'r')
  try {
    const read = (at: number, length: number) => {
      const bytes = Buffer.alloc(length)
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, at))
    }
    yield* commitsIn(read, pageBytes)
  } finally {
    closeSync(descriptor)
  }
}

/** The size of the pages in a log, by its header; undefined where SQLite would take the log for empty. */
export function loggedPageBytes(logFile: string): number | undefined {
  const descriptor = openSync(logFile, 'r')
  try {
    const header = Buffer.alloc(LOG_HEADER_BYTES)
    readSync(descriptor, header, 0, LOG_HEADER_BYTES, 0)
    return headerChecksum(header) && header.readUInt32BE(PAGE_BYTES_AT)
  } finally {
    closeSync(descriptor)
  }
}

/** Makes a file of what a write-ahead log holds, as moving it into its own file would. All other pages are empty. */
export function writeCommittedPages(logFile: string, file: string, pageBytes: number): void {
  const log = readFileSync(logFile)
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    for (const [page, at] of committedPages(log, pageBytes))
      writeSync(descriptor, log, at, pageBytes, (page - 1) * pageBytes)
  } finally {
    closeSync(descriptor)
  }
}

function* commitsIn(read: ReadAt, pageBytes: number): Generator<LoggedCommit> {
  const header = read(0, LOG_HEADER_BYTES)
  let checksum = headerChecksum(header)
  if (!checksum) return
  const isBigEndian = header.readUInt32BE(0) % 2 === 1
  const salt = header.subarray(16, 24)
  let frames: Frame[] = []
  const frameBytes = FRAME_HEADER_BYTES + pageBytes
  for (let at = LOG_HEADER_BYTES; ; at += frameBytes) {
    const frame = read(at, frameBytes)
    if (frame.length < frameBytes) return
    checksum = withBytes(
      frame.subarray(FRAME_HEADER_BYTES),
      withBytes(frame.subarray(0, 8), checksum, isBigEndian),
      isBigEndian,
    )
    const counts = frame.subarray(8, 16).equals(salt) && equals(frame, 16, checksum)
    if (!counts) return
    frames.push({ page: frame.readUInt32BE(0), at: at + FRAME_HEADER_BYTES })
    const isCommit = frame.readUInt32BE(4) !== 0
    if (!isCommit) continue
    yield { frames, read }
    frames = []
  }
}

/** The checksum of the header, from which that of the first frame goes on; undefined where the header is not whole. */
function headerChecksum(header: Buffer): Checksum | undefined {
  if (header.length < LOG_HEADER_BYTES || (header.readUInt32BE(0) & ~1) >>> 0 !== MAGIC) return undefined
  const isBigEndian = header.readUInt32BE(0) % 2 === 1
  const checksum = withBytes(header.subarray(0, LOG_HEADER_BYTES - 8), [0, 0], isBigEndian)
  return equals(header, LOG_HEADER_BYTES - 8, checksum) ? checksum : undefined
}

function withBytes(bytes: Buffer, [first, second]: Checksum, isBigEndian: boolean): Checksum {
  let [one, two] = [first, second]
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + two) >>> 0
    two = (two + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + one) >>> 0
  }
  return [one, two]
}

function equals(log: Buffer, at: number, [one, two]: Checksum): boolean {
  return log.readUInt32BE(at) === one && log.readUInt32BE(at + 4) === two
}
