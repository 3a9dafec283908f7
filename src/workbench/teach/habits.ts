/** What a signal does all the time, whatever its values mean: it counts, it blinks, it drifts. */
import { courseOf, type TrackCourse } from './course.ts'
import { steadyFromMs, type TaughtPhase, type TeachRecording, type Track } from './recording.ts'

/** A signal with its course in each phase, from where that is steady. */
export interface WatchedTrack {
  readonly track: Track
  /** By phase, in their order. */
  readonly courses: readonly TrackCourse[]
}

export function watched({ phases }: Pick<TeachRecording, 'phases'>, track: Track): WatchedTrack {
  return { track, courses: phases.map((phase) => courseOf(track, steadyFromMs(phase), phase.toMs)) }
}

/** Fewer steps may be a state that changes. */
const COUNTED_MIN = 3

/** A number that only ever goes up, but for a reset. */
export function isCounter({ track, courses }: WatchedTrack): boolean {
  if (track.kind !== 'word' && track.kind !== 'number') return false
  const rises = courses.reduce((sum, course) => sum + course.rises, 0)
  const falls = courses.reduce((sum, course) => sum + course.falls, 0)
  const isWhole = courses.every(({ stays }) => stays.every(({ value }) => Number.isInteger(value)))
  return isWhole && rises >= COUNTED_MIN && falls * 8 <= rises
}

/** How long it is between two rises, as it is mostly; undefined for fewer than three. */
export function cycleMs({ courses }: WatchedTrack): number | undefined {
  const gaps = courses.flatMap((course) => gapsOf(risesOf(course)))
  return gaps.length < 2 ? undefined : median(gaps)
}

/** When it rose. */
function risesOf({ stays }: TrackCourse): readonly number[] {
  return stays
    .slice(1)
    .flatMap(({ value, fromMs }, n) => (Number(value) > Number(stays[n]?.value) ? [fromMs] : []))
}

/** A lamp that blinks changes at least this often while somebody looks. */
const BLINKS_MIN = 3
/** One that changes more slowly is taken for something that goes on and off. */
const BLINK_STAY_MAX_MS = 1_200

/** Whether a bit went on and off all the time. */
export function isBlinking({ stays }: TrackCourse): boolean {
  const inner = stays.slice(1, -1)
  return stays.length > BLINKS_MIN && inner.every(({ fromMs, toMs }) => toMs - fromMs <= BLINK_STAY_MAX_MS)
}

/** How long it stays on or off at most while it blinks. */
export function blinkStayMs({ courses }: WatchedTrack): number {
  const stays = courses.filter(isBlinking).flatMap((course) => course.stays.slice(1, -1))
  return Math.max(0, ...stays.map(({ fromMs, toMs }) => toMs - fromMs))
}

/** What it would have moved by itself from one phase to another, going on as it went within them. */
export function driftBetween(
  { courses }: WatchedTrack,
  phases: readonly TaughtPhase[],
  one: number,
  other: number,
): number {
  const [a, b] = [courses[one], courses[other]]
  const [from, to] = [phases[one], phases[other]]
  if (!a || !b || !from || !to) return 0
  const slope = Math.max(Math.abs(slopeOf(a)), Math.abs(slopeOf(b)))
  return slope * Math.abs(middleMs(to) - middleMs(from))
}

/** Per ms, from the mean of the first half to that of the second. */
function slopeOf(course: TrackCourse): number {
  const [first, last] = [course.stays[0], course.stays.at(-1)]
  if (!first || !last || last.toMs === first.fromMs) return 0
  const half = (first.fromMs + last.toMs) / 2
  return (meanOf(course, half, last.toMs) - meanOf(course, first.fromMs, half)) / (last.toMs - half)
}

export function meanOf(
  { stays }: TrackCourse,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): number {
  const parts = stays
    .map((stay) => ({
      number: Number(stay.value),
      ms: Math.min(stay.toMs, toMs) - Math.max(stay.fromMs, fromMs),
    }))
    .filter(({ ms }) => ms > 0)
  const all = parts.reduce((sum, { ms }) => sum + ms, 0)
  return all === 0 ? 0 : parts.reduce((sum, { number, ms }) => sum + number * ms, 0) / all
}

function middleMs(phase: TaughtPhase): number {
  return (steadyFromMs(phase) + phase.toMs) / 2
}

function gapsOf(moments: readonly number[]): readonly number[] {
  return moments.slice(1).map((atMs, n) => atMs - (moments[n] ?? atMs))
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
