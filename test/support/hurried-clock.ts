/**
 * A clock whose time does not pass by itself: whenever the process had a moment for whatever else goes on, it jumps to the
 * next alarm. So it counts the waits that somebody granted, and says nothing of the machine's speed.
 */
import type { Clock } from '../../src/runtime/clock.ts'

/** For sockets, threads and files between two jumps. */
const MOMENT_MS = 10

interface Alarm {
  readonly atMs: number
  readonly ring: () => void
}

export interface HurriedClock extends Clock, Disposable {}

export function hurriedClock(): HurriedClock {
  const alarms = new Set<Alarm>()
  const startMs = Date.UTC(2026, 0, 31)
  let nowMs = 0
  const after = (ms: number, ring: () => void) => {
    const alarm = { atMs: nowMs + Math.max(0, ms), ring }
    alarms.add(alarm)
    return () => void alarms.delete(alarm)
  }
  const jump = () => {
    const next = Math.min(...[...alarms].map(({ atMs }) => atMs))
    if (next === Number.POSITIVE_INFINITY) return
    nowMs = next
    for (const alarm of [...alarms].filter(({ atMs }) => atMs <= nowMs)) {
      alarms.delete(alarm)
      alarm.ring()
    }
  }
  const jumping = setInterval(jump, MOMENT_MS)
  return {
    now: () => ({ boot: 'boot-1', wallMs: startMs + nowMs, monoMs: nowMs }),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const end = () => {
          callOff()
          signal?.removeEventListener('abort', end)
          resolve()
        }
        const callOff = after(ms, end)
        signal?.addEventListener('abort', end, { once: true })
      }),
    [Symbol.dispose]: () => clearInterval(jumping),
  }
}
