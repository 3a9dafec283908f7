/** Which pages a write-ahead log holds, by the checksums with which SQLite itself decides what of it counts. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

const LOG_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** The last bit says in which order the bytes of each word were summed up. */
const MAGIC = 0x377f0682

type Sum = readonly [number, number]

/** Where the newest committed version of each page begins in the log. */
export function committedPages(log: Buffer, pageBytes: number): ReadonlyMap<number, number> {
  const committed = new Map<number, number>()
  if (log.length < LOG_HEADER_BYTES || (log.readUInt32BE(0) & ~1) >>> 0 !== MAGIC) return committed
  const isBigEndian = log.readUInt32BE(0) % 2 === 1
  const sum = (bytes: Buffer, before: Sum) => added(bytes, before, isBigEndian)
  let before = sum(log.subarray(0, LOG_HEADER_BYTES - 8), [0, 0])
  if (!equals(log, LOG_HEADER_BYTES - 8, before)) return committed
  const salt = log.subarray(16, 24)
  let written: (readonly [number, number])[] = []
  const frameBytes = FRAME_HEADER_BYTES + pageBytes
  for (let at = LOG_HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    const pageAt = at + FRAME_HEADER_BYTES
    before = sum(log.subarray(pageAt, pageAt + pageBytes), sum(log.subarray(at, at + 8), before))
    const counts = log.subarray(at + 8, at + 16).equals(salt) && equals(log, at + 16, before)
    if (!counts) break
    written.push([log.readUInt32BE(at), pageAt])
    const isCommit = log.readUInt32BE(at + 4) !== 0
    if (!isCommit) continue
    for (const [page, place] of written) committed.set(page, place)
    written = []
  }
  return committed
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

function added(bytes: Buffer, [first, second]: Sum, isBigEndian: boolean): Sum {
  let [one, two] = [first, second]
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + two) >>> 0
    two = (two + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + one) >>> 0
  }
  return [one, two]
}

function equals(log: Buffer, at: number, [one, two]: Sum): boolean {
  return log.readUInt32BE(at) === one && log.readUInt32BE(at + 4) === two
}
