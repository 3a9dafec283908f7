/** What a signal did in a span of time. */
import type { Track, TrackValue } from './recording.ts'

/** A value that was held, and for how long. */
interface Stay {
  readonly value: TrackValue
  readonly fromMs: number
  readonly toMs: number
}

/** The course of one signal within a span. */
export interface TrackCourse {
  readonly stays: readonly Stay[]
  readonly lastsMs: number
  /** Time in which it could not be read. */
  readonly unreadMs: number
  readonly rises: number
  readonly falls: number
  /** Of numbers. */
  readonly range: { readonly min: number; readonly max: number } | undefined
}

/** @param toMs not included */
export function courseOf({ points }: Pick<Track, 'points'>, fromMs: number, toMs: number): TrackCourse {
  const stays = staysIn(points, fromMs, toMs)
  const read = stays.filter(({ value }) => value !== null)
  const numbers = read.flatMap(({ value }) => (typeof value === 'string' ? [] : [Number(value)]))
  const steps = numbers.slice(1).map((number, n) => number - (numbers[n] ?? number))
  const unreadMs = stays.reduce((sum, stay) => sum + (stay.value === null ? stay.toMs - stay.fromMs : 0), 0)
  return {
    stays: read,
    lastsMs: toMs - fromMs,
    unreadMs: read.length === 0 ? toMs - fromMs : unreadMs,
    rises: steps.filter((step) => step > 0).length,
    falls: steps.filter((step) => step < 0).length,
    range: numbers.length === 0 ? undefined : { min: Math.min(...numbers), max: Math.max(...numbers) },
  }
}

function staysIn(points: Track['points'], fromMs: number, toMs: number): readonly Stay[] {
  const stays: Stay[] = []
  for (const [n, { atMs, value }] of points.entries()) {
    const from = Math.max(atMs, fromMs)
    const to = Math.min(points[n + 1]?.atMs ?? toMs, toMs)
    if (to > from) stays.push({ value, fromMs: from, toMs: to })
  }
  return stays
}

/** A value that stays away for no longer than this is a contact that bounces, or a reading between two states. */
const BLIP_MAX_MS = 1_000
/** What is shown for less than this share of the time is no state of its own. */
const BLIPS_PART_MAX = 0.15

/** The values that a signal settled at, as texts. */
interface Settled {
  readonly values: readonly TrackValue[]
  /** The longest time for which it left a value that it otherwise held. */
  readonly blipMs: number
  /** Each value came more than once, or there is only one: what never comes again is no state. */
  readonly isRecurring: boolean
}

/** What it settled at, seen through a change of its values such as a mask. */
export function settledValues(course: TrackCourse, seen: (value: TrackValue) => TrackValue): Settled {
  const stays = merged(course.stays.map((stay) => ({ ...stay, value: seen(stay.value) })))
  const heldMs = new Map<TrackValue, number>()
  const times = new Map<TrackValue, number>()
  for (const { value, fromMs, toMs } of stays) {
    heldMs.set(value, (heldMs.get(value) ?? 0) + toMs - fromMs)
    times.set(value, (times.get(value) ?? 0) + 1)
  }
  const allMs = [...heldMs.values()].reduce((sum, ms) => sum + ms, 0)
  const [main] = [...heldMs].toSorted(([, a], [, b]) => b - a)
  const others = stays.filter(({ value }) => value !== main?.[0])
  const longestMs = Math.max(0, ...others.map(({ fromMs, toMs }) => toMs - fromMs))
  const isSteady = main !== undefined && allMs - main[1] <= allMs * BLIPS_PART_MAX && longestMs <= BLIP_MAX_MS
  if (isSteady) return { values: [main[0]], blipMs: longestMs, isRecurring: true }
  const isRecurring = [...times.values()].every((count) => count > 1)
  return { values: [...heldMs.keys()], blipMs: 0, isRecurring }
}

function merged(stays: readonly Stay[]): readonly Stay[] {
  const all: Stay[] = []
  for (const stay of stays) {
    const last = all.at(-1)
    if (last && last.value === stay.value) all[all.length - 1] = { ...last, toMs: stay.toMs }
    else all.push(stay)
  }
  return all
}

/** How often a signal changed in a span, seen through a change of its values. */
export function changesOf(
  track: Pick<Track, 'points'>,
  fromMs: number,
  toMs: number,
  seen: (value: TrackValue) => TrackValue = (value) => value,
): number {
  const stays = courseOf(track, fromMs, toMs).stays
  return Math.max(0, merged(stays.map((stay) => ({ ...stay, value: seen(stay.value) }))).length - 1)
}
