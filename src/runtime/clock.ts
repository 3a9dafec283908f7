/** The only access to time. Everything that waits or asks for the time is given a clock, so that tests can give it another. */
import { setTimeout as wait } from 'node:timers/promises'
import { readBootId } from './boot-id.ts'

/** Time as the rest of the program sees it. */
export interface Clock {
  /** Both clocks at this moment: UTC wall time, and time since boot for durations, with the name of that boot. */
  now(): { readonly boot: string; readonly wallMs: number; readonly monoMs: number }
  /** Waits; ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms`. @returns a function that cancels it */
  after(ms: number, callback: () => void): () => void
}

// hrtime counts from the boot of the computer, so its times stay comparable when the process restarts, and open intervals
// can be continued. performance.now() runs at the same rate and is cheaper to read, so the difference is taken once.
const [bootSeconds, bootNanoseconds] = process.hrtime()
const sinceBootMs = bootSeconds * 1_000 + bootNanoseconds / 1_000_000 - performance.now()

const boot = readBootId()

/** The wall clock counts whole milliseconds. Within this, two clocks were read at one moment. */
const ONE_MOMENT_MS = 1
/** A computer that has no time for a process more often than this has it the next time. */
const READINGS_MAX = 5

/**
 * Reads two clocks at one moment. A process may be stopped between one line and the next, for seconds where somebody suspends it: a
 * pair that was read so would say that one of the clocks was set, and rows by the one would not fit the durations by the other.
 */
export function readTogether(
  wall: () => number,
  mono: () => number,
): { readonly wallMs: number; readonly monoMs: number } {
  let beforeMs = mono()
  for (let reading = 1; ; reading += 1) {
    const wallMs = wall()
    const monoMs = mono()
    if (monoMs - beforeMs < ONE_MOMENT_MS || reading === READINGS_MAX) return { wallMs, monoMs }
    beforeMs = monoMs
  }
}

/** The clocks of this computer. */
export const systemClock: Clock = {
  now: () => {
    const { wallMs, monoMs } = readTogether(Date.now, () => performance.now())
    return { boot, wallMs, monoMs: Math.round((monoMs + sinceBootMs) * 1_000) / 1_000 }
  },
  sleep: async (ms, signal) => {
    if (signal?.aborted) return
    await wait(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (!signal?.aborted) throw error
    })
  },
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
