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

export const systemClock: Clock = {
  // hrtime counts from boot and goes on over restarts of the process, so open intervals can be resumed with it.
  now: () => ({ wallMs: Date.now(), monoMs: Math.round(Number(process.hrtime.bigint() / 1000n) / 1000) }),
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
