/** What keeps the memory of a gateway small that Node.js by itself would not. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Frees the memory that starting needed. Reading a few hundred device maps leaves tens of megabytes of garbage. V8 collects
 * only when new memory is asked for, and a daemon that then does little would keep the garbage for hours.
 */
export function releaseGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (how: { readonly flavor: 'last-resort' }) => void
  // An ordinary collection leaves the pages of the heap half empty, and their memory with the process.
  collect({ flavor: 'last-resort' })
}

/** By then a thread of ours has loaded what it needs, and has had its first calls. */
const START_MS = 10_000

let atWork: NodeJS.Timeout | undefined

/**
 * The same in a thread of ours, once it has been at work for a while since this was called last: it makes so little garbage that V8 would
 * keep what its start left, 3 to 6 MB a thread, for hours.
 */
export function releaseGarbageOfStart(): void {
  clearTimeout(atWork)
  atWork = setTimeout(releaseGarbage, START_MS).unref()
}

const BUFFER_PIECE_BYTES = 8_192

/**
 * Node.js cuts short buffers out of longer pieces, of 64 KB by itself, and a piece stays as long as one of them is kept: each answer of a
 * device is, until the next one has come. So pieces grow old, and lie about until V8 looks through the whole heap. To be called in each
 * thread.
 */
export function cutBuffersFromSmallPieces(): void {
  Buffer.poolSize = BUFFER_PIECE_BYTES
}
