/** A clock that is moved on by hand. Whoever sleeps looks again soon. */
import { type Clock, systemClock } from '../../src/runtime/clock.ts'
import { START_MS } from './entries.ts'

const LOOKS_AGAIN_MS = 10

export interface MovedClock {
  readonly clock: Clock
  /** Both clocks, as when time passes. */
  moveOn(ms: number): void
  /** The wall clock alone, as when it is set. */
  setWall(wallMs: number): void
  /** Wakes whoever sleeps, and waits until it has looked at everything as it is now and sleeps again. */
  look(): Promise<void>
}

export function movedClock(): MovedClock {
  let wallMs = START_MS
  let monoMs = 0
  let wake = new AbortController()
  let fellAsleep = Promise.withResolvers<void>()
  const sleep = async (_ms: number, signal: AbortSignal = new AbortController().signal) => {
    fellAsleep.resolve()
    fellAsleep = Promise.withResolvers<void>()
    await systemClock.sleep(LOOKS_AGAIN_MS, AbortSignal.any([wake.signal, signal]))
  }
  const nextSleep = () => {
    const asleep = fellAsleep.promise
    wake.abort()
    wake = new AbortController()
    return asleep
  }
  return {
    clock: { ...systemClock, now: () => ({ boot: 'boot-1', wallMs, monoMs }), sleep },
    moveOn: (ms) => {
      wallMs += ms
      monoMs += ms
    },
    setWall: (ms) => {
      wallMs = ms
    },
    look: async () => {
      // It may have been in the middle of a look that began before.
      await nextSleep()
      await nextSleep()
    },
  }
}
