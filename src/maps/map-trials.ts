/**
 * A machine that was read well, and whose map was changed, is on trial until it is read again. Where its device answers, or refuses
 * its new address, and nothing can be made of it for a minute, the trial has failed, and the former map is to come back. A
 * machine that was not read before, or is off now, is none of the map's fault. Whoever saves one wrong map after another has each of
 * them on trial: what counts is the last map with which the machine was read.
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
export const TRIAL_MAX_MS = 60_000

/** Seen so short a time ago, a machine is read, whatever else is wrong with it. */
const SEEN_NOW_MS = 5_000

/** How the trial of a map stands, or how it ended. */
export interface TrialStanding {
  /** When the map came into force, by the wall clock. */
  readonly sinceMs: number
  /** For how long its device could have been read, or did not answer at its new address. */
  readonly unreadMs: number
  /** `read`: the machine was read with the map; `failed`: the map before it is to come back; `untried`: it was not read before either. */
  readonly outcome: 'goes on' | 'read' | 'failed' | 'untried'
}

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
  readonly #over = new Map<Owner, TrialStanding>()

  /** @param before how the machine was read, just when its map was changed */
  begin(
    owner: Owner,
    maps: { readonly before: SubjectMap; readonly now: SubjectMap },
    before: MachineReading | undefined,
    nowMs: number,
  ): void {
    const former = this.#trials.get(owner)
    const isOnTrial = former !== undefined || isStillUnread(this.#over.get(owner), before)
    this.end(owner)
    const isElsewhere = former?.isMoved === true || isMoved(maps.before, maps.now)
    const trial = { sinceMs: nowMs, isMoved: isElsewhere, unreadMs: 0 }
    if (isOnTrial || wasRead(before, nowMs)) this.#trials.set(owner, trial)
    else this.#over.set(owner, { sinceMs: nowMs, unreadMs: 0, outcome: 'untried' })
  }

  /** An earlier life of the gateway ended during the trial: it begins again, since the machine was read before it. */
  resume(owner: Owner, maps: { readonly before: SubjectMap; readonly now: SubjectMap }, nowMs: number): void {
    this.#trials.set(owner, { sinceMs: nowMs, isMoved: isMoved(maps.before, maps.now), unreadMs: 0 })
  }

  /** Whose trials go on. */
  get owners(): readonly Owner[] {
    return [...this.#trials.keys()]
  }

  /** Nothing is known of it any more. */
  end(owner: Owner): void {
    this.#trials.delete(owner)
    this.#over.delete(owner)
  }

  /** That of a subject's latest map; undefined where it has had no other map since the start. */
  standing(owner: Owner): TrialStanding | undefined {
    const trial = this.#trials.get(owner)
    if (!trial) return this.#over.get(owner)
    const { sinceMs, unreadMs } = trial
    return { sinceMs, unreadMs, outcome: 'goes on' }
  }

  /** Whether it is not known yet if the machine can be read with its map. */
  goesOn(owner: Owner): boolean {
    return this.#trials.has(owner)
  }

  /** There is no map that could come back. */
  leave(owner: Owner): void {
    const over = this.#over.get(owner)
    if (over) this.#over.set(owner, { ...over, outcome: 'untried' })
  }

  #finish(owner: Owner, { sinceMs, unreadMs }: Trial, outcome: TrialStanding['outcome']): void {
    this.#trials.delete(owner)
    this.#over.set(owner, { sinceMs, unreadMs, outcome })
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
        this.#finish(owner, trial, reading ? 'read' : 'untried')
        return []
      }
      if (reading.isConnected || trial.isMoved) trial.unreadMs += passedMs
      if (trial.unreadMs < TRIAL_MAX_MS) return []
      this.#finish(owner, trial, reading.trouble === undefined ? 'untried' : 'failed')
      return reading.trouble === undefined ? [] : [{ owner, why: reading.trouble }]
    })
  }
}

/** Of a machine that is seen all the time, something else may well be wrong: a counter that cannot be read, an unknown reason. */
function wasRead(before: MachineReading | undefined, nowMs: number): boolean {
  if (!before?.isConnected || before.seenMs === null) return false
  return before.trouble === undefined || nowMs - before.seenMs < SEEN_NOW_MS
}

/** Rolled back a moment ago, a machine that was read before that trial may not have been read again yet. */
function isStillUnread(over: TrialStanding | undefined, now: MachineReading | undefined): boolean {
  return over?.outcome === 'failed' && (now?.seenMs ?? 0) <= over.sinceMs
}

function isMoved(before: SubjectMap, now: SubjectMap): boolean {
  return connectionsOf(before) !== connectionsOf(now)
}

function connectionsOf(map: SubjectMap): string {
  if (!isMachineMap(map)) return ''
  return JSON.stringify(map.devices.map(({ id, protocol, settings }) => [id, protocol, settings]))
}
