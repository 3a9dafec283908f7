/** Simulated time: it moves on only when everything that can happen at this moment has happened. There is no real timer. */
import type { Clock } from '../../src/runtime/clock.ts'
import type { Random } from './random.ts'

interface Alarm {
  readonly atMs: number
  /** Breaks ties by the seed, so that simultaneous things happen in any order. */
  readonly tie: number
  readonly ring: () => void
}

export interface VirtualTime extends Clock {
  /** Lets time pass to a moment, or until a condition holds. @returns whether the condition held */
  runUntil(untilMs: number, condition?: () => boolean): Promise<boolean>
  /** How many alarms have rung, and when: equal for equal runs. */
  readonly trace: number
}

const START_WALL_MS = Date.UTC(2026, 0, 31)

export function createVirtualTime(random: Random): VirtualTime {
  const alarms: Alarm[] = []
  let nowMs = 0
  let trace = 0
  const after = (ms: number, ring: () => void) => {
    const alarm = { atMs: nowMs + Math.max(0, ms), tie: random.next(), ring }
    alarms.splice(placeOf(alarm, alarms), 0, alarm)
    return () => {
      const place = placeOf(alarm, alarms)
      const index = alarms[place] === alarm ? place : alarms.indexOf(alarm)
      if (index >= 0) alarms.splice(index, 1)
    }
  }
  return {
    now: () => ({ boot: 'boot-1', wallMs: START_WALL_MS + nowMs, monoMs: nowMs }),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          signal?.removeEventListener('abort', end)
          resolve()
        }
        const cancel = after(ms, wake)
        const end = () => {
          cancel()
          resolve()
        }
        signal?.addEventListener('abort', end, { once: true })
      }),
    get trace() {
      return trace
    },
    runUntil: async (untilMs, condition = () => false) => {
      await settled()
      while (!condition()) {
        const alarm = alarms.at(-1)
        if (!alarm || alarm.atMs > untilMs) {
          nowMs = untilMs
          return condition()
        }
        alarms.pop()
        nowMs = alarm.atMs
        trace = (Math.imul(trace, 31) + Math.round(nowMs)) | 0
        alarm.ring()
        await settled()
      }
      return true
    },
  }
}

/** Where an alarm belongs. The soonest is last, so that it can be popped off the end. */
function placeOf(alarm: Alarm, alarms: readonly Alarm[]): number {
  let low = 0
  let high = alarms.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = alarms[middle]
    if (other && (other.atMs > alarm.atMs || (other.atMs === alarm.atMs && other.tie > alarm.tie)))
      low = middle + 1
    else high = middle
  }
  return low
}

/** Node runs a tick only when no promise is left to be settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
