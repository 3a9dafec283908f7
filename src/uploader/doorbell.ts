/** Wakes whoever waits for news: one waits at a time. A ring while nobody waits is kept, and the next wait ends at once. */
import type { Clock } from '../runtime/clock.ts'

/** What is rung, and what is waited at. */
export interface Doorbell {
  ring(): void
  /** Resolves at the next ring, at once if one was kept, or after `maxMs`. */
  heard(maxMs: number): Promise<void>
}

/** One for each waiting loop. */
export function createDoorbell(clock: Clock): Doorbell {
  let rung = false
  let wake: (() => void) | undefined
  return {
    ring: () => {
      rung = true
      wake?.()
    },
    heard: async (maxMs) => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(maxMs, resolve)
          wake = () => {
            cancel()
            resolve()
          }
        })
        wake = undefined
      }
      rung = false
    },
  }
}
