/** How much memory V8 keeps for itself: garbage of the start is freed at once, and threads are kept small. */
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

/** MB, twice. What a thread that owns a file is told lives as long as the call, so that little of it is ever copied. */
const THREAD_SEMI_SPACE_MB = 2

/**
 * From now on threads start with a small young generation, whatever that of the main thread is (`src/node.sh`). V8 reads the flag
 * when a heap is made, and lets it overrule the limits that a thread is given.
 */
export function keepThreadsSmall(): void {
  setFlagsFromString(`--max-semi-space-size=${THREAD_SEMI_SPACE_MB}`)
}
