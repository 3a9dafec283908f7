/** By how much a busy computer holds this process up: what a test that compares moments has to allow for, and no more. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 10
const NS_A_MS = 1e6

export interface HeldUp {
  /** The longest time since the beginning in which nothing of this process could run although it was due, ms. */
  readonly maxMs: number
}

/** Watches from now on, until the process ends. */
export function watchHeldUp(): HeldUp {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return {
    get maxMs() {
      return delay.count === 0 ? 0 : Math.max(0, delay.max / NS_A_MS - RESOLUTION_MS)
    },
  }
}
