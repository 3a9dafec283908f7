import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Gives back what starting left behind. Reading a few hundred files makes tens of megabytes of garbage, and a daemon that
 * then does little would keep them for hours: the collector sees no reason to look.
 */
export function releaseGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
