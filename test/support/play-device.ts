/** A device of a play: what it shows, and when it is heard. */
import type { Device } from '../../src/domain/device.ts'
import type { Sample } from '../../src/domain/signal.ts'

/** A device as the play keeps it. */
export interface Played {
  readonly device: Device
  isUp: boolean
  /** Its next reading is the first one since it was connected, and brings every signal. */
  isNew: boolean
  everyMs: number
  dueMs: number
  /** How late its changes arrive; undefined for one that is polled, whose values are those of the moment of the poll. */
  lateMs: number | undefined
  /** Changes that no reading has brought yet. */
  changes: Sample[]
}

/** When the device has something to say: the next poll or keep-alive, or a change that it sends itself. */
export function dueOf({ isUp, dueMs, lateMs, changes: [first] }: Played): number {
  if (!isUp) return Number.POSITIVE_INFINITY
  return lateMs === undefined || !first ? dueMs : Math.min(dueMs, first.at.monoMs + lateMs)
}

/** Whether a signal is one of the device's. */
export function has(device: Device, signal: string): boolean {
  return device.signals.some(({ name }) => name === signal)
}
