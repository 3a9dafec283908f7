/** Memory that the start of the program no longer needs. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Runs V8's garbage collector once. Reading a few hundred files at the start makes tens of megabytes of garbage, and in a
 * daemon that allocates little afterwards V8 would not collect them for hours.
 */
export function releaseGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
