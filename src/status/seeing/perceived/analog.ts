/**
 * A current, a power or a speed that says whether a machine runs: `running` once its average lies above one limit, `stopped` once
 * it lies below another one. In between it is what it was.
 *
 * The average crosses a limit some time after the machine did. What is perceived therefore reaches back to where the crossing
 * began: to the moment from which on the values lie furthest beyond the limit, taken together. A short dip before it is no
 * beginning, and a short spike behind it is no end.
 */
import { elapsedMs, type Instant, laterOf, shift } from '../../../domain/instant.ts'
import type { AnalogSignal } from '../../../domain/machine-map.ts'
import type { CourseTurn, Followed, Glance, RawValue } from './glance.ts'

/** What an analog value was over the length of its average. */
export interface AnalogMemory {
  readonly at: Instant
  /** As it was last read. */
  readonly value: number
  /** The oldest first; together no longer than the average. */
  readonly stretches: readonly Stretch[]
  /** Null until a whole average is known. */
  readonly word: 'running' | 'stopped' | null
  /** Before this moment nothing will be perceived otherwise any more. */
  readonly settledTo: Instant
}

/** Values behind each other that lie on the same side of the limits. */
interface Stretch {
  readonly ms: number
  /** Sum of each value times how long it stood, in ms. */
  readonly area: number
}

/** Stretches are at least this part of the average, where the values jump to and fro, and at most that, where they do not. */
const SHORTEST_PART = 1 / 256
const LONGEST_PART = 1 / 32

type Limits = Pick<AnalogSignal, 'runningAbove' | 'stoppedBelow' | 'averageMs'>

/** @param before undefined for a value that is seen for the first time: what it was before is not known */
export function followAnalog(
  limits: Limits,
  before: AnalogMemory | undefined,
  { at, raw }: Glance,
): Followed<AnalogMemory> {
  const value = numberIn(raw) ?? before?.value ?? 0
  if (!before) {
    return { memory: { at, value, stretches: [], word: null, settledTo: at }, turns: [], knownTo: at }
  }
  const stretches = withPast(before, elapsedMs(before.at, at), limits)
  const word = wordOf(stretches, before.word, limits)
  const turns = turnsTo(word, { before, stretches, at }, limits)
  const open = word === null ? before.settledTo : beginningOf(otherThan(word), stretches, at, limits)
  const settled = turns.at(-1)?.since ?? before.settledTo
  const knownTo = open ? laterOf(settled, open) : null
  return { memory: { at, value, stretches, word, settledTo: knownTo ?? at }, turns, knownTo }
}

/** What the device shows is a number, if the map is right; anything else is passed over. */
function numberIn(raw: RawValue | undefined): number | undefined {
  const value = raw === undefined ? Number.NaN : Number(raw)
  return Number.isFinite(value) ? value : undefined
}

/** The value stood until now; what is older than the average is forgotten. */
function withPast({ value, stretches }: AnalogMemory, ms: number, limits: Limits): readonly Stretch[] {
  if (ms <= 0) return stretches
  const next = { ms, area: value * ms }
  const last = stretches.at(-1)
  const longer = last && { ms: last.ms + ms, area: last.area + next.area }
  const isSame = last && longer && isOneStretch(last, next, longer, limits)
  return youngest(isSame ? [...stretches.slice(0, -1), longer] : [...stretches, next], limits.averageMs)
}

function isOneStretch(last: Stretch, next: Stretch, both: Stretch, limits: Limits): boolean {
  if (last.ms < limits.averageMs * SHORTEST_PART) return true
  return sideOf(last, limits) === sideOf(next, limits) && both.ms <= limits.averageMs * LONGEST_PART
}

function sideOf(
  { area, ms }: Stretch,
  { runningAbove, stoppedBelow }: Limits,
): 'above' | 'below' | 'between' {
  const mean = area / ms
  if (mean > runningAbove) return 'above'
  return mean < stoppedBelow ? 'below' : 'between'
}

/** Of the oldest one that still counts, only the part that does. */
function youngest(stretches: readonly Stretch[], averageMs: number): readonly Stretch[] {
  let [first, ...others] = stretches
  let tooLongMs = lengthOf(stretches) - averageMs
  while (first && tooLongMs >= first.ms) {
    tooLongMs -= first.ms
    ;[first, ...others] = others
  }
  if (!first || tooLongMs <= 0) return first ? [first, ...others] : []
  const ms = first.ms - tooLongMs
  return [{ ms, area: (first.area / first.ms) * ms }, ...others]
}

function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { ms }) => sum + ms, 0)
}

/** Rounding must not make a whole average look too short. */
const ROUNDING_MS = 0.001

type Word = AnalogMemory['word']

/** What the average says. A value that has been between the limits from the first is what it is nearer to. */
function wordOf(
  stretches: readonly Stretch[],
  before: Word,
  { runningAbove, stoppedBelow, averageMs }: Limits,
): Word {
  const knownMs = lengthOf(stretches)
  if (knownMs === 0 || (before === null && knownMs < averageMs - ROUNDING_MS)) return before
  const average = stretches.reduce((sum, { area }) => sum + area, 0) / knownMs
  if (average > runningAbove) return 'running'
  if (average < stoppedBelow) return 'stopped'
  return before ?? (average >= (runningAbove + stoppedBelow) / 2 ? 'running' : 'stopped')
}

interface Crossing {
  readonly before: AnalogMemory
  readonly stretches: readonly Stretch[]
  readonly at: Instant
}

/** The turn to another word, if it is another. In front of the first one stands what was until it began. */
function turnsTo(word: Word, { before, stretches, at }: Crossing, limits: Limits): readonly CourseTurn[] {
  if (word === null || word === before.word) return []
  const first = before.settledTo
  const since = laterOf(
    first,
    beginningOf(word, stretches, at, limits) ?? (before.word === null ? first : at),
  )
  const isFirst = before.word === null && elapsedMs(first, since) > 0
  return [...(isFirst ? [{ value: otherThan(word), since: first }] : []), { value: word, since }]
}

function otherThan(word: 'running' | 'stopped'): 'running' | 'stopped' {
  return word === 'running' ? 'stopped' : 'running'
}

/** From when on the values have said so; undefined where they do not. */
function beginningOf(
  word: 'running' | 'stopped',
  stretches: readonly Stretch[],
  at: Instant,
  { runningAbove, stoppedBelow }: Limits,
): Instant | undefined {
  let [furthest, beyond, ms] = [0, 0, 0]
  let beginning: number | undefined
  for (const stretch of stretches.toReversed()) {
    ms += stretch.ms
    beyond +=
      word === 'running' ? stretch.area - runningAbove * stretch.ms : stoppedBelow * stretch.ms - stretch.area
    if (beyond <= furthest) continue
    furthest = beyond
    beginning = ms
  }
  return beginning === undefined ? undefined : shift(at, -beginning)
}
