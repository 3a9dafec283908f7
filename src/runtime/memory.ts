/** Runs the garbage collector of V8 once, on purpose. */
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

/**
 * The same in a thread of ours, once it has been at work for a while: it makes so little garbage that V8 would keep what its start left,
 * 3 to 6 MB a thread, for hours.
 */
export function releaseGarbageOfStart(): void {
  setTimeout(releaseGarbage, START_MS).unref()
}
