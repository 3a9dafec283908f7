/** The only door to time. Everything that waits or looks at the clock gets one of these handed in. */
import { setTimeout as wait } from 'node:timers/promises'

export interface Clock {
  /** Both clocks at this moment: UTC wall time, and time since boot for durations. */
  now(): { readonly wallMs: number; readonly monoMs: number }
  /** Waits; ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms`. Returns the way to call it off. */
  after(ms: number, callback: () => void): () => void
}

// hrtime counts from boot and goes on over restarts of the process, so open intervals can be resumed with it. The
// other clock ticks alike and is cheaper to read; the difference between the two never changes.
const [bootSeconds, bootNanoseconds] = process.hrtime()
const sinceBootMs = bootSeconds * 1_000 + bootNanoseconds / 1_000_000 - performance.now()

export const systemClock: Clock = {
  now: () => ({ wallMs: Date.now(), monoMs: Math.round((performance.now() + sinceBootMs) * 1_000) / 1_000 }),
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
