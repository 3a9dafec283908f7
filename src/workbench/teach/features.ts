/** All ways in which one signal may tell phases apart: its values, its bits, a limit, its pulses, and its blinking. */
import { settledValues } from './course.ts'
import { chanceOf, type Feature, masked, mayBeState, seenBy, separates, type Tell } from './feature.ts'
import {
  blinkStayMs,
  cycleMs,
  driftBetween,
  isBlinking,
  isCounter,
  meanOf,
  type WatchedTrack,
} from './habits.ts'
import type { TeachRecording, TrackValue } from './recording.ts'

/** Of what a phase lasts, so much may be unread. */
const UNREAD_PART_MAX = 0.2
/** A signal with more values than this is a measurement, and no state. */
const VALUES_MAX = 12
/** Beyond this, a whole number is mostly bits, and no number of a state. */
const STATE_MAX = 255
/** Bits of one word that change by themselves; with more of them, it is no word of bits. */
const RESTLESS_BITS_MAX = 6
const WORD_MAX = 0xffff_ffff
const BITS_MANY = 8

/** By how they are looked at: the simplest first. */
const COSTS = {
  state: 1,
  bit: 1.05,
  mask: 1.15,
  bitOfWord: 1.2,
  /** More than a bit as a signal of its own, whose name says more. */
  bitOfState: 1.5,
  severalValues: 1.3,
  limit: 1.4,
  light: 1.3,
  pulses: 1.5,
} as const

/** Only those that tell some phases apart. */
export function featuresOf(watched: WatchedTrack, recording: TeachRecording): readonly Feature[] {
  const { courses, track } = watched
  if (courses.some(({ unreadMs, lastsMs }) => unreadMs > lastsMs * UNREAD_PART_MAX)) return []
  const found = isCounter(watched)
    ? [pulses(watched)]
    : [
        ...(track.kind === 'bit' ? [light(watched), pulses(watched)] : []),
        ...valueFeatures(watched),
        ...(track.kind === 'word' ? bitFeatures(watched) : []),
        ...limits(watched, recording),
      ]
  return found
    .flatMap((draft) => draft ?? [])
    .filter(({ states }) => tellsAny(states))
    .map(({ base, ...draft }) => ({ ...draft, cost: base + chanceOf(draft, recording) }))
}

interface FeatureDraft extends Omit<Feature, 'cost'> {
  readonly base: number
}

function tellsAny(states: Feature['states']): boolean {
  return states.some((_one, n) => states.some((_other, m) => m > n && separates({ states }, n, m)))
}

/** As far as each phase has few values of its own. */
function valueFeatures(watched: WatchedTrack): readonly (FeatureDraft | undefined)[] {
  if (!mayBeState(watched) || watched.track.kind === 'number') return []
  if (isMeasurement(watched)) return [values(watched, undefined)]
  const plain = values(watched, undefined)
  const restless =
    watched.track.kind === 'word' && !watched.track.isInterpreted ? restlessMask(watched) : undefined
  return [plain, restless === undefined ? undefined : values(watched, restless)]
}

function values(watched: WatchedTrack, mask: number | undefined): FeatureDraft | undefined {
  const tell: Tell = { kind: 'values', mask }
  const settled = watched.courses.map((course) => settledValues(course, seenBy(tell)))
  const all = new Set(settled.flatMap((one) => one.values))
  if (all.size > VALUES_MAX || settled.some(({ isRecurring }) => !isRecurring)) return undefined
  const isState = watched.track.kind !== 'word' || [...all].every((value) => Number(value) <= STATE_MAX)
  const isSingle = settled.every((one) => one.values.length <= 1)
  const base = !isState
    ? COSTS.bitOfState * movingBits(all)
    : !isSingle
      ? COSTS.severalValues
      : mask !== undefined
        ? COSTS.mask
        : watched.track.kind === 'bit'
          ? COSTS.bit
          : COSTS.state
  return {
    watched,
    tell,
    base,
    states: settled.map((one) => one.values.map(String)),
    blipMs: Math.max(...settled.map(({ blipMs }) => blipMs)),
  }
}

/** Of what is no number of a state, each bit that changes says something of its own. */
function movingBits(values: ReadonlySet<TrackValue>): number {
  const numbers = [...values].map((value) => Math.trunc(Number(value)))
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 0)) return BITS_MANY
  return countOf(changing(numbers))
}

function countOf(bits: bigint): number {
  return bits.toString(2).replaceAll('0', '').length
}

/** Neighbouring bits that change while the machine does one thing are the last digits of a number. */
const DIGITS_MIN = 3

/** A number of which each bit says nothing by itself. */
function isMeasurement({ courses, track }: WatchedTrack): boolean {
  if (track.kind !== 'word') return false
  const numbers = courses.map(({ stays }) => stays.map(({ value }) => Math.trunc(Number(value))))
  if (numbers.flat().some((number) => !Number.isSafeInteger(number) || number < 0)) return true
  const restless = numbers.reduce((bits, all) => bits | changing(all), 0n)
  return restless.toString(2).includes('1'.repeat(DIGITS_MIN))
}

/** All bits but those that change while the machine does one thing; undefined where there are none, or too many. */
function restlessMask({ courses }: WatchedTrack): number | undefined {
  const numbers = courses.map(({ stays }) => stays.map(({ value }) => Number(value)))
  if (numbers.flat().some((number) => !Number.isInteger(number) || number < 0 || number > WORD_MAX))
    return undefined
  const restless = numbers.reduce((bits, all) => bits | changing(all), 0n)
  const count = countOf(restless)
  if (count === 0 || count > RESTLESS_BITS_MAX) return undefined
  const whole = numbers.flat().some((number) => number > 0xffff) ? 0xffff_ffffn : 0xffffn
  const mask = Number(whole & ~restless)
  return mask === 0 ? undefined : mask
}

function changing(numbers: readonly number[]): bigint {
  return numbers.reduce((bits, number) => bits | (BigInt(number) ^ BigInt(numbers[0] ?? 0)), 0n)
}

/** Each bit that holds still in every phase, and not in all of them at the same value. */
function bitFeatures(watched: WatchedTrack): readonly (FeatureDraft | undefined)[] {
  if (!mayBeState(watched) || isMeasurement(watched)) return []
  const numbers = watched.courses.flatMap(({ stays }) => stays.map(({ value }) => Number(value)))
  if (numbers.some((number) => !Number.isInteger(number) || number < 0 || number > WORD_MAX)) return []
  const moving = changing(numbers)
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => ((moving >> BigInt(bit)) & 1n) === 1n)
    .map((bit) => oneBit(watched, bit))
}

function oneBit(watched: WatchedTrack, bit: number): FeatureDraft | undefined {
  const tell: Tell = { kind: 'bit', bit }
  const settled = watched.courses.map((course) => settledValues(course, seenBy(tell)))
  if (settled.some((one) => one.values.length !== 1)) return undefined
  const states = settled.map((one) => one.values.map(String))
  return {
    watched,
    tell,
    states,
    base: COSTS.bitOfWord,
    blipMs: Math.max(...settled.map((one) => one.blipMs)),
  }
}

/** Room between what is below a limit and what is above, in parts of how far the signal swings within a phase. */
const ROOM_MIN = 0.6
/** A step from one phase to another has to be so much more than what the signal drifts by itself. */
const DRIFT_FACTOR = 2

function limits(watched: WatchedTrack, recording: TeachRecording): readonly (FeatureDraft | undefined)[] {
  const { courses, track } = watched
  if (track.kind === 'bit' || track.kind === 'text') return []
  const ranges = courses.flatMap(({ range }) => range ?? [])
  if (ranges.length < courses.length) return []
  const swing = Math.max(...ranges.map(({ min, max }) => max - min))
  // What holds still in each phase is a state, and no measurement.
  if (swing === 0 && track.kind === 'word') return []
  const tops = ranges.map(({ max }) => max).toSorted((a, b) => a - b)
  return tops.flatMap((low) => {
    const above = ranges.filter(({ min }) => min > low)
    const isWhole = ranges.every(({ min, max }) => max <= low || min > low)
    const high = Math.min(...above.map(({ min }) => min))
    if (above.length === 0 || !isWhole || high - low < swing * ROOM_MIN) return []
    return limitAt(watched, recording, { low, high })
  })
}

function limitAt(
  watched: WatchedTrack,
  { phases }: TeachRecording,
  { low, high }: { readonly low: number; readonly high: number },
): FeatureDraft | readonly [] {
  const { courses } = watched
  const limit = roundBetween(low, high)
  const isAbove = courses.map((course) => (course.range?.min ?? 0) > low)
  const hasJumped = isAbove.slice(1).every((above, n) => {
    if (above === isAbove[n]) return true
    const [before, after] = [courses[n], courses[n + 1]]
    const step = before && after ? Math.abs(meanOf(after) - meanOf(before)) : 0
    return step > DRIFT_FACTOR * driftBetween(watched, phases, n, n + 1)
  })
  if (!hasJumped) return []
  const states = isAbove.map((above) => [String(above)])
  return { watched, tell: { kind: 'limit', limit, low, high }, states, base: COSTS.limit, blipMs: 0 }
}

/** The number with the fewest digits near the middle. */
function roundBetween(low: number, high: number): number {
  const middle = (low + high) / 2
  const room = (high - low) / 4
  for (let digits = 1; digits <= 6; digits++) {
    const rounded = Number(middle.toPrecision(digits))
    if (Math.abs(rounded - middle) <= room) return rounded
  }
  return middle
}

/** It stands only where it had time for this many cycles. */
const STANDS_AFTER_CYCLES = 3.5

function pulses(watched: WatchedTrack): FeatureDraft | undefined {
  const everyMs = cycleMs(watched)
  if (everyMs === undefined) return undefined
  const states = watched.courses.map(({ rises, falls, lastsMs }) => {
    if (rises >= 2) return ['pulsing']
    if (rises === 0 && falls === 0 && lastsMs >= everyMs * STANDS_AFTER_CYCLES) return ['no_pulse']
    return ['pulsing', 'no_pulse']
  })
  return { watched, tell: { kind: 'pulses', cycleMs: everyMs }, states, base: COSTS.pulses, blipMs: 0 }
}

function light(watched: WatchedTrack): FeatureDraft | undefined {
  const { courses } = watched
  if (!courses.some(isBlinking)) return undefined
  const states = courses.map((course): readonly string[] => {
    if (isBlinking(course)) return ['blink']
    const { values: shown } = settledValues(course, (value: TrackValue) => masked(value, undefined))
    return shown.length === 1 ? [shown[0] ? 'on' : 'off'] : ['on', 'off', 'blink']
  })
  return {
    watched,
    tell: { kind: 'light', stayMs: blinkStayMs(watched) },
    states,
    base: COSTS.light,
    blipMs: 0,
  }
}
