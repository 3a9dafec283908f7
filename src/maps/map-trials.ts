/**
 * A machine that was read well, and whose map was changed, is on trial until it is read again. Where its device answers, or refuses
 * its new address, and nothing can be made of it for a minute, the trial has failed, and the former map is to come back. A
 * machine that was not read before, or is off now, is none of the map's fault.
 */
import type { Owner } from '../domain/owner.ts'
import { isMachineMap, type SubjectMap } from './map-kind.ts'

/** How well a machine is read at a moment. */
export interface MachineReading {
  /** When everything that decides its status was last seen, ms since 1970; null: never. */
  readonly seenMs: number | null
  /** Whether all of its devices are connected. */
  readonly isConnected: boolean
  /** What is wrong with it or its devices, in words; undefined where nothing is. */
  readonly trouble: string | undefined
}

/** So long a machine may be unreadable while its device could be asked. */
const TRIAL_MAX_MS = 60_000

interface Trial {
  /** By the wall clock. */
  readonly sinceMs: number
  /** Whether a device is reached in another way than before. */
  readonly isMoved: boolean
  /** For how long its device could have been read, or did not answer at its new address. */
  unreadMs: number
}

/** All trials that go on. */
export class MapTrials {
  readonly #trials = new Map<Owner, Trial>()

  /** @param before how the machine was read when its map was changed */
  begin(
    owner: Owner,
    maps: { readonly before: SubjectMap; readonly now: SubjectMap },
    before: MachineReading | undefined,
    nowMs: number,
  ): void {
    this.#trials.delete(owner)
    const wasRead = before?.isConnected && before.trouble === undefined && before.seenMs !== null
    if (!wasRead) return
    this.#trials.set(owner, { sinceMs: nowMs, isMoved: isMoved(maps.before, maps.now), unreadMs: 0 })
  }

  end(owner: Owner): void {
    this.#trials.delete(owner)
  }

  /**
   * Lets time pass. @returns the trials that have failed with it, and why: they are over
   * @param passedMs since it was last called
   */
  pass(
    passedMs: number,
    readingOf: (owner: Owner) => MachineReading | undefined,
  ): readonly { readonly owner: Owner; readonly why: string }[] {
    return [...this.#trials].flatMap(([owner, trial]) => {
      const reading = readingOf(owner)
      if (!reading || (reading.seenMs !== null && reading.seenMs > trial.sinceMs)) {
        this.#trials.delete(owner)
        return []
      }
      if (reading.isConnected || trial.isMoved) trial.unreadMs += passedMs
      if (trial.unreadMs < TRIAL_MAX_MS) return []
      this.#trials.delete(owner)
      return reading.trouble === undefined ? [] : [{ owner, why: reading.trouble }]
    })
  }
}

function isMoved(before: SubjectMap, now: SubjectMap): boolean {
  return connectionsOf(before) !== connectionsOf(now)
}

function connectionsOf(map: SubjectMap): string {
  if (!isMachineMap(map)) return ''
  return JSON.stringify(map.devices.map(({ id, protocol, settings }) => [id, protocol, settings]))
}
