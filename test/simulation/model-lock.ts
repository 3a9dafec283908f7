/** The lock of a row in the model of central. */
import type { Clock } from '../../src/runtime/clock.ts'

/** A lock that is given to those who wait in the order in which they came. Each waits for a limited time. */
export function createLock(clock: Clock) {
  const waiters: (() => void)[] = []
  let held = false
  const unlock = () => {
    const next = waiters.shift()
    if (next) next()
    else held = false
  }
  const once = () => {
    let done = false
    return () => {
      if (!done) unlock()
      done = true
    }
  }
  return {
    /** @returns the way to unlock, or undefined after the limit */
    take: (maxMs: number): Promise<(() => void) | undefined> =>
      new Promise((resolve) => {
        if (!held) {
          held = true
          return resolve(once())
        }
        const cancel = clock.after(maxMs, () => {
          waiters.splice(waiters.indexOf(enter), 1)
          resolve(undefined)
        })
        const enter = () => {
          cancel()
          resolve(once())
        }
        waiters.push(enter)
      }),
  }
}
