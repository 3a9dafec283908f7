/** One way in which one signal may tell phases apart, and how far it is to be trusted. */
import { changesOf } from './course.ts'
import { isCounter, type WatchedTrack } from './habits.ts'
import type { TeachRecording, TrackValue } from './recording.ts'

/** How a signal is looked at. */
export type Tell =
  | { readonly kind: 'values'; readonly mask: number | undefined }
  | { readonly kind: 'bit'; readonly bit: number }
  | {
      readonly kind: 'limit'
      readonly limit: number
      /** The highest value below the limit, and the lowest above it. */
      readonly low: number
      readonly high: number
    }
  | { readonly kind: 'pulses'; readonly cycleMs: number }
  | { readonly kind: 'light'; readonly stayMs: number }

/** A signal, looked at in one way. */
export interface Feature {
  readonly watched: WatchedTrack
  readonly tell: Tell
  /** By phase: all that it showed there. */
  readonly states: readonly (readonly string[])[]
  /** The lower, the simpler and the more robust. */
  readonly cost: number
  /** The longest time for which it left what it otherwise held. */
  readonly blipMs: number
}

/** Whether what it showed in one phase is never what it showed in another. */
export function separates({ states }: Pick<Feature, 'states'>, one: number, other: number): boolean {
  const [a = [], b = []] = [states[one], states[other]]
  return a.length > 0 && b.length > 0 && !a.some((state) => b.includes(state))
}

/** A bit, or some bits of a word, as a number. */
export function masked(value: TrackValue, mask: number | undefined): TrackValue {
  if (mask === undefined || typeof value !== 'number') return value
  const bits = BigInt(mask)
  return Number((BigInt(Math.trunc(value)) & bits) / (bits & -bits))
}

export function bitOf(value: TrackValue, bit: number): TrackValue {
  return typeof value === 'number' ? ((BigInt(Math.trunc(value)) >> BigInt(bit)) & 1n) === 1n : value
}

/** How a signal is seen through a tell that looks at values. */
export function seenBy(tell: Tell): (value: TrackValue) => TrackValue {
  switch (tell.kind) {
    case 'values':
      return (value) => masked(value, tell.mask)
    case 'bit':
      return (value) => bitOf(value, tell.bit)
    case 'limit':
      return (value) => (value === null ? null : Number(value) > tell.limit)
    default:
      return (value) => value
  }
}

/** What speaks against a feature, as an addition to its cost. Each is small beside one more signal. */
const UNNAMED = 0.2
const NEVER_CAME_BACK = 0.3
const PER_NEEDLESS_CHANGE = 0.08
const NEEDLESS_MAX = 0.6

/**
 * How far what it showed can be a chance: it is from a scan; it never came back to what it showed before, as a number does that
 * only drifts; or it changed more often than the machine did.
 */
export function chanceOf(
  { watched, tell, states }: Omit<Feature, 'cost' | 'blipMs'>,
  recording: TeachRecording,
): number {
  const named = watched.track.isNamed ? 0 : UNNAMED
  const comesBack = hasComeBack(states) ? 0 : NEVER_CAME_BACK
  if (tell.kind === 'pulses' || tell.kind === 'light') return named + comesBack
  const [first, last] = [recording.phases[0], recording.phases.at(-1)]
  const changes = first && last ? changesOf(watched.track, first.fromMs, last.toMs, seenBy(tell)) : 0
  const needed = states.slice(1).filter((state, n) => state.join() !== states[n]?.join()).length
  const inner = states.some((state) => state.length > 1) ? 0 : Math.max(0, changes - needed)
  return named + comesBack + Math.min(NEEDLESS_MAX, inner * PER_NEEDLESS_CHANGE)
}

/** It showed something, then something else, and then the first again. */
export function hasComeBack(states: Feature['states']): boolean {
  const keys = states.map((state) => state.join())
  return keys.some(
    (key, n) => keys.indexOf(key) < n && keys.slice(keys.indexOf(key), n).some((other) => other !== key),
  )
}

/** Whether the values of a signal may be states at all. */
export function mayBeState(watched: WatchedTrack): boolean {
  return !isCounter(watched)
}
