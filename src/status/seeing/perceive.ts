/**
 * What perceived signals turn out to be, in the order of time with everything else that is shown.
 *
 * What a light or a pulse means shows only later. Until then, what is shown after it waits, so that the rules see everything in the
 * order in which it happened. Only what the rules read holds anything back: as soon as they decide by other signals, nothing waits.
 * That a device is in contact never waits: a machine whose next pulse is awaited is neither lost nor out of sight.
 */
import { earlierOf, elapsedMs, type Instant, laterOf } from '../../domain/instant.ts'
import type { MachineMap, Perceived } from '../../domain/machine-map.ts'
import type { Sample } from '../../domain/signal.ts'
import { change, type Draft, see } from '../draft.ts'
import { doubtOf } from '../judging/doubt.ts'
import { decide, type Values } from '../judging/rules.ts'
import { BRIDGE_MAX_MS } from '../on-loss.ts'
import { intervalOf, isOpen } from '../state.ts'
import type { ShownSample, WaitingMoment } from '../view.ts'
import { followCount } from './counters.ts'
import type { Course } from './perceived/course.ts'
import type { CourseTurn, RawValue } from './perceived/glance.ts'
import { beginCourse, followCourse } from './perceived/index.ts'

/** More moments than these do not wait: nothing grows without bound, however long a pulse is awaited. */
const WAITING_MAX = 5_000

/** What a device brought, and up to when it has shown everything. */
export interface Brought {
  readonly device: string
  readonly moments: readonly { readonly at: Instant; readonly samples: readonly Sample[] }[]
  readonly completeTo: Instant
}

type Watched = Pick<Draft, 'map' | 'state' | 'view'>

/** Follows the perceived signals of a device. All that it brought waits until {@link nextMoment} says that it is its turn. */
export function perceive(draft: Draft, { device, moments, completeTo }: Brought): void {
  let wasInContact = draft.view.contacts[device] !== undefined
  endBreak(draft, device, moments[0] ?? { at: completeTo, samples: [] })
  for (const { at, samples } of moments) {
    const entry = { at, device, wasInContact }
    passTime(draft, entry, samples)
    for (const sample of samples) takeSample(draft, entry, sample)
    wasInContact = true
  }
  passTime(draft, { at: completeTo, device, wasInContact })
}

/** The next moment whose turn it is to be taken in; undefined where there is none. */
export function nextMoment(draft: Draft): WaitingMoment | undefined {
  const { waiting } = draft.view
  const [next, ...others] = waiting
  if (!next) return undefined
  const openFrom = openFromOf(draft)
  const isInTurn = !openFrom || elapsedMs(next.at, openFrom) > 0
  if (!isInTurn && waiting.length <= WAITING_MAX && isAwaited(draft)) return undefined
  see(draft, { waiting: others, takenTo: next.shownTo ?? next.at })
  return next
}

/** Everything whose turn it was is taken in: no more is claimed than what is settled. @returns up to when that is */
export function boundClaims(draft: Draft): Instant | null {
  const openFrom = openFromOf(draft) ?? null
  see(draft, { takenTo: openFrom })
  return openFrom
}

/** A device that is out of contact shows everything again when it is back. */
export function forgetWaiting(draft: Draft, device: string): void {
  const waiting = draft.view.waiting.filter((moment) => moment.device !== device)
  if (waiting.length < draft.view.waiting.length) see(draft, { waiting })
}

/** Whether what is shown now says nothing yet only because of a perceived signal that is still open. */
export function isAwaited(seen: Watched): boolean {
  const open = openCourses(seen)
  if (open.length === 0) return false
  const values = valuesToCome(seen.view)
  const verdict = decide(seen.map, values)
  const read = verdict.kind === 'rule' ? verdict.read : [doubtOf(seen.map, values)?.signal]
  return open.some(({ signal }) => read.includes(signal))
}

/**
 * Up to when the devices were in contact whose signals are awaited; undefined where none is. One that was just begun keeps no row
 * open: what it was before is not known.
 */
export function awaitedTo(seen: Watched): Instant | undefined {
  const open = openCourses(seen)
  if (!isAwaited(seen)) return undefined
  if (isOpen(seen.state.phase) && open.some((course) => !isContinued(course))) return undefined
  const contacts = open.flatMap(({ device }) => seen.view.contacts[device] ?? [])
  return contacts.length === 0 ? undefined : contacts.reduce(earlierOf)
}

/** Whether what a signal was before is known, or follows from the pulses that its counter went on by. */
function isContinued(course: Course): boolean {
  return course.shown !== null || (course.kind === 'pulse' && course.memory.missed > 0)
}

/** From when on it is open what a signal is that the rules read; undefined where all of them are settled. */
function openFromOf(seen: Watched): Instant | undefined {
  const open = openCourses(seen)
  if (open.length === 0) return undefined
  const verdict = decide(seen.map, seen.view.values)
  const read = open.filter(({ signal }) => verdict.kind === 'undecided' || verdict.read.includes(signal))
  const from = read.flatMap(({ knownTo }) => knownTo ?? [])
  return from.length === 0 ? undefined : from.reduce(earlierOf)
}

function openCourses({ state, view }: Watched): readonly Course[] {
  return state.courses.filter(
    ({ knownTo, isReadable, device }) => knownTo && isReadable && view.contacts[device] !== undefined,
  )
}

/** What the machine shows once all that waits has been taken in. */
function valuesToCome({ values, waiting }: Draft['view']): Values {
  const toCome = waiting.flatMap(({ at, device, samples }) =>
    samples
      .filter(({ isRaw }) => !isRaw)
      .map(({ signal, value, quality }) => [signal, { value, quality, since: at, device }] as const),
  )
  return { ...values, ...Object.fromEntries(toCome) }
}

type Entry = Omit<WaitingMoment, 'samples'>

/**
 * A device shows all that it showed up to a moment to have stood still, but for what comes next. A counter that has gone on did not
 * stand still: how its pulses came shows only together with the count.
 */
function passTime(draft: Draft, entry: Entry, next: readonly Sample[] = []): void {
  for (const course of draft.state.courses) {
    const spec = specOf(draft.map, course.signal)
    if (course.device !== entry.device || !course.isReadable || !spec) continue
    const sample = next.find(({ signal }) => signal === course.signal)
    if (countsUnseen(spec) && sample && readableOf(sample) !== undefined) continue
    const { course: followed, turns } = followCourse(spec, course, { at: entry.at })
    keep(draft, followed)
    for (const turn of turns) waitForTurn(draft, entry, followed, turn)
  }
}

function takeSample(draft: Draft, entry: Entry, sample: Sample): void {
  const spec = specOf(draft.map, sample.signal)
  const isCounter = draft.map.counters.some(({ signal }) => signal === sample.signal)
  if (spec && isCounter) wait(draft, entry, { ...sample, isRaw: true })
  const raw = readableOf(sample)
  if (spec && raw !== undefined) {
    takeRaw(draft, entry, spec, raw)
    return
  }
  const unreadable = spec && courseOf(draft, sample.signal)
  if (unreadable) keep(draft, { ...unreadable, isReadable: false })
  wait(draft, entry, spec && sample.quality === 'good' ? withoutMeaning(sample) : sample)
}

/** A text, or a number that is none, says nothing of a course. */
function withoutMeaning({ signal, value, at }: Sample): ShownSample {
  const detail =
    value === null ? 'the device has no value for it' : `it shows ${JSON.stringify(String(value))}`
  return {
    signal,
    value: null,
    quality: 'bad',
    at,
    detail: `${detail}, and a number, true or false is needed`,
  }
}

/** What a perceived signal shows now goes into its course; the rules see what that turns out to be. */
function takeRaw(draft: Draft, entry: Entry, spec: Perceived, raw: RawValue): void {
  const { at, device } = entry
  const before = courseOf(draft, spec.signal)
  const { course, turns } = before
    ? followCourse(spec, { ...before, device }, { at, raw })
    : beginCourse(spec, { device, at, raw, missed: 0 })
  keep(draft, course)
  for (const turn of turns) waitForTurn(draft, entry, course, turn)
  const isInSight = before?.isReadable && draft.view.values[spec.signal] !== undefined
  if (!course.shown || turns.length > 0 || isInSight) return
  // What could not be read is known again only now. After a start, what is shown has stood all the time.
  const { value, since } = course.shown
  const again = course.knownTo ? earlierOf(course.knownTo, at) : at
  const stood = before?.isReadable ? since : again
  // Cycles that were counted in the dark are behind each other: nothing is unseen between the first of them and now.
  const isCounted = course.kind === 'pulse' && elapsedMs(course.memory.from, at) === 0 && value !== 'no_pulse'
  waitForTurn(draft, isCounted ? { ...entry, shownTo: at } : entry, course, { value, since: stood })
}

/** What nobody had to wait for is past: what was settled late is so since then. */
function waitForTurn(draft: Draft, entry: Entry, { signal }: Course, { value, since }: CourseTurn): void {
  const { lastSeen } = draft.state
  const at = lastSeen ? laterOf(since, lastSeen) : since
  wait(draft, { ...entry, at }, { signal, value, quality: 'good', at })
}

/** In the order of time. What belongs to one moment the rules see all at once. */
function wait(draft: Draft, entry: Entry, sample: ShownSample): void {
  const { waiting } = draft.view
  const later = waiting.findIndex(({ at }) => elapsedMs(entry.at, at) > 0)
  const index = later < 0 ? waiting.length : later
  const before = waiting[index - 1]
  const isSame = before?.device === entry.device && elapsedMs(before.at, entry.at) === 0
  const moment = isSame
    ? { ...before, samples: [...before.samples, sample] }
    : { ...entry, samples: [sample] }
  see(draft, { waiting: waiting.toSpliced(isSame ? index - 1 : index, isSame ? 1 : 0, moment) })
}

/**
 * A device of which nothing was seen for too long: what its signals were about to become is not known. They begin again, and what it
 * showed before is known only to be so now.
 */
function endBreak(draft: Draft, device: string, { at, samples }: Brought['moments'][number]): void {
  const { map, view } = draft
  const { afterMs } = map.onCommLoss
  for (const course of draft.state.courses) {
    const spec = specOf(map, course.signal)
    const maxMs = view.resumed !== null && spec && countsUnseen(spec) ? BRIDGE_MAX_MS : afterMs
    if (course.device !== device) continue
    if (elapsedMs(course.followedTo, at) <= maxMs) {
      if (!view.contacts[device] && spec) keep(draft, seenAgain(spec, course, at))
      continue
    }
    const sample = samples.find(({ signal }) => signal === course.signal)
    const raw = sample ? readableOf(sample) : course.isReadable ? course.raw : undefined
    if (!spec || raw === undefined) drop(draft, course)
    else keep(draft, beginCourse(spec, { device, at, raw, missed: missedBy(draft, course, raw) }).course)
  }
  const contact = view.contacts[device]
  if (!contact || elapsedMs(contact, at) <= afterMs) return
  const late = view.waiting.filter((moment) => moment.device === device)
  forgetWaiting(draft, device)
  for (const moment of late) for (const sample of moment.samples) wait(draft, { ...moment, at }, sample)
}

/** That nobody looked for so long makes no lamp steady: one that blinked before goes on, and is steady from now on at the earliest. */
function seenAgain(spec: Perceived, course: Course, at: Instant): Course {
  if (spec.kind !== 'light' || course.kind !== 'light' || !course.memory.changes?.isBlinking) return course
  if (elapsedMs(course.followedTo, at) <= spec.windowMs) return course
  const changes = { ...course.memory.changes, last: at }
  return { ...course, memory: { ...course.memory, changes }, knownTo: at }
}

/** The pulses that a counter went on by while a stop was held: they are the last ones before now, since when the machine runs. */
function missedBy({ map, state }: Draft, course: Course, raw: RawValue): number {
  const spec = specOf(map, course.signal)
  const status = intervalOf(state.phase)?.status
  const isHeld = status !== undefined && map.onCommLoss.byStatus[status] === 'hold'
  if (!isHeld || course.kind !== 'pulse' || spec?.kind !== 'pulse' || !spec.counter) return 0
  return followCount(spec.counter, course.memory.count, Number(raw), Number.POSITIVE_INFINITY).parts
}

/** A counter goes on while the gateway is away: whether pulses came meanwhile shows when it is back. */
function countsUnseen(spec: Perceived): boolean {
  return spec.kind === 'pulse' && spec.counter !== undefined
}

function specOf({ perceived }: MachineMap, signal: string): Perceived | undefined {
  return perceived.find((spec) => spec.signal === signal)
}

function courseOf({ state }: Draft, signal: string): Course | undefined {
  return state.courses.find((course) => course.signal === signal)
}

function keep(draft: Draft, course: Course): void {
  const others = draft.state.courses.filter(({ signal }) => signal !== course.signal)
  change(draft, { courses: [...others, course] })
}

function drop(draft: Draft, { signal }: Course): void {
  change(draft, { courses: draft.state.courses.filter((course) => course.signal !== signal) })
}

/** Undefined for what no course can be made of. */
function readableOf({ value, quality }: Sample): RawValue | undefined {
  if (quality !== 'good') return undefined
  if (typeof value === 'boolean') return value
  const isNumber = typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
  return isNumber ? Number(value) : undefined
}
