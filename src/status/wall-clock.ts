/**
 * The wall clock that a machine's rows go by, and what follows when it was set.
 *
 * A computer without a battery starts with a wrong clock, and NTP or a person sets it while rows are open. A clock that is set
 * is followed at once, unless it leaps forward by hours: stamps only ever grow, so that a single wild stamp would hold back all
 * later ones. Such a time is believed once it has lasted; until then time goes on from before.
 */
import { earlierOf, elapsedMs, type Instant, laterOf, shift, utcDayMs } from '../domain/instant.ts'
import { change, changeUnsettled, type Draft, see } from './draft.ts'
import { movedCode, movedCourse, movedOpen, movedPeople, movedPhase, movedUnsettled } from './moved-state.ts'
import { BRIDGE_MAX_MS } from './on-loss.ts'
import { movedSaid } from './people/said.ts'
import { splitInterval } from './rows/intervals.ts'
import { markGap, resumeRow } from './rows/row.ts'
import { shownStatus } from './rows/shown.ts'
import type { Course } from './seeing/perceived/course.ts'
import { unsettledOf } from './state.ts'
import type { WallClock } from './view.ts'
import { GATEWAY_AWAY } from './why-unseen.ts'

/** Less than this is no setting of the clock. */
const TOLERANCE_MS = 2_000
/** A leap forward of more than this is doubted. */
const LEAP_MS = 3_600_000
/** A leap that has lasted for so long is believed. */
const LASTING_MS = 60_000

/** Looks at the computer's wall clock, and lets the rows follow where it was set. */
export function followWallClock(draft: Draft, now: Instant): void {
  const { aheadMs, doubted } = draft.view.wallClock
  const shownMs = now.wallMs - now.monoMs
  const setByMs = shownMs - aheadMs
  if (setByMs > LEAP_MS) {
    const isSame = doubted !== null && Math.abs(shownMs - doubted.aheadMs) <= TOLERANCE_MS
    if (!isSame || elapsedMs(doubted.since, now) < LASTING_MS) {
      if (!isSame) doubt(draft, { aheadMs: shownMs, since: now })
      return
    }
  }
  if (doubted) change(draft, { doubtedMs: 0 })
  if (setByMs !== 0 || doubted) see(draft, { wallClock: { aheadMs: shownMs, doubted: null } })
  if (Math.abs(setByMs) > TOLERANCE_MS) adopt(draft, setByMs, doubted?.since)
}

/** A boot within the minute has to know of the doubt. */
function doubt(draft: Draft, doubted: NonNullable<WallClock['doubted']>): void {
  const { aheadMs } = draft.view.wallClock
  see(draft, { wallClock: { aheadMs, doubted } })
  change(draft, { doubtedMs: doubted.aheadMs - aheadMs })
}

/** A moment by the clock that the rows go by. */
export function byRowClock({ view }: Draft, instant: Instant): Instant {
  const { aheadMs, doubted } = view.wallClock
  return doubted ? { ...instant, wallMs: instant.monoMs + aheadMs } : instant
}

/** The clock was set by so much. What has no stamp yet gets one by the new clock. */
function adopt(draft: Draft, byMs: number, setAt: Instant | undefined): void {
  const restamp = (instant: Instant): Instant => ({ ...instant, wallMs: instant.wallMs + byMs })
  const { contacts, resumed, away, waiting, takenTo, inTouchTo } = draft.view
  const restamped = Object.entries(contacts).map(([device, at]) => [device, restamp(at)] as const)
  see(draft, {
    contacts: Object.fromEntries(restamped),
    waiting: waiting.map((moment) => ({ ...moment, at: restamp(moment.at) })),
    takenTo: takenTo && restamp(takenTo),
    inTouchTo: inTouchTo && restamp(inTouchTo),
    away: away && { from: away.from, to: restamp(away.to) },
  })
  const beyondMs = makeUp(draft, byMs)
  restampSaid(draft, restamp)
  restampCourses(draft, restamp)
  if (resumed === 'other boot') {
    moveBootBefore(draft, beyondMs)
    return
  }
  changeUnsettled(draft, movedUnsettled(unsettledOf(draft.state.phase), restamp))
  const { lastSeen } = draft.state
  if (!lastSeen) return
  change(draft, { lastSeen: restamp(lastSeen) })
  judgeAway(draft, beyondMs)
  splitAtLeap(draft, byMs, setAt ?? restamp(lastSeen))
}

/**
 * A computer without a battery starts years behind: by its clock the machine was still to be seen, and no time seemed to have
 * passed. What the clock is set by makes up for that first. @returns what is left of it
 */
function makeUp(draft: Draft, byMs: number): number {
  const { behindMs } = draft.view
  if (behindMs === 0) return byMs
  see(draft, { behindMs: Math.max(0, behindMs - byMs) })
  return Math.max(0, byMs - behindMs)
}

/**
 * The computer started with a wrong clock, so the machine was last seen longer (or less long) ago than it seemed. A clock by
 * which it would not have been seen yet was not wrong at the start: then it is now.
 */
function moveBootBefore(draft: Draft, byMs: number): void {
  const { phase, lastSeen } = draft.state
  if (!lastSeen) return
  if (elapsedMs(lastSeen, draft.view.watchFrom) + byMs < 0) return
  const move = back(byMs)
  moveCodes(draft, lastSeen, move)
  movePeople(draft, lastSeen, move)
  change(draft, { phase: movedPhase(phase, move), lastSeen: move(lastSeen) })
}

/** The open interval went on over the time between two boots, and that time was not what it seemed: it is judged again. */
function judgeAway(draft: Draft, byMs: number): void {
  const { phase } = draft.state
  const { away } = draft.view
  if (!away || phase.kind !== 'seen') return
  const { interval, stop, unsettled } = phase
  const { byStatus, holdMaxMs } = draft.map.onCommLoss
  const wasMs = elapsedMs(away.from, away.to) + byMs
  if (wasMs < 0) return
  const isHeld = byStatus[shownStatus(interval)] === 'hold'
  if (wasMs > (isHeld ? holdMaxMs : BRIDGE_MAX_MS)) {
    markGap(draft, isHeld ? shift(away.from, holdMaxMs) : away.from, GATEWAY_AWAY)
    resumeRow(draft, interval, away.to)
    changeUnsettled(draft, unsettled)
    return
  }
  const move = back(byMs)
  moveCodes(draft, away.from, move)
  movePeople(draft, away.from, move)
  change(draft, { phase: { ...phase, ...movedOpen({ interval, stop }, move) } })
  see(draft, { away: { from: move(away.from), to: away.to } })
}

/** Earlier by so much on the monotonic clock, which says how long things took; the stamp is right as it is. */
function back(byMs: number): (instant: Instant) => Instant {
  return (instant) => ({ ...instant, monoMs: instant.monoMs - byMs })
}

/** Codes that came up to a moment move with the rows; those that came later are of this boot. */
function moveCodes(draft: Draft, upTo: Instant, move: (instant: Instant) => Instant): void {
  const moveEarlier = (instant: Instant) => (elapsedMs(instant, upTo) >= 0 ? move(instant) : instant)
  change(draft, {
    codes: draft.state.codes.map((code) => movedCode(code, moveEarlier)),
    courses: draft.state.courses.map((course) => movedCourse(course, moveEarlier)),
  })
}

/** The same of what people said. */
function movePeople(draft: Draft, upTo: Instant, move: (instant: Instant) => Instant): void {
  change(
    draft,
    movedPeople(draft.state, (instant) => (elapsedMs(instant, upTo) >= 0 ? move(instant) : instant)),
  )
}

/** What was said in this boot and is not written yet gets its stamp by the new clock. */
function restampSaid(draft: Draft, restamp: (instant: Instant) => Instant): void {
  const { said, lastSeen } = draft.state
  const isOld = (instant: Instant) =>
    draft.view.resumed === 'other boot' && lastSeen !== null && elapsedMs(instant, lastSeen) >= 0
  change(draft, { said: movedSaid(said, (instant) => (isOld(instant) ? instant : restamp(instant))) })
}

/** A course that was followed in this boot is of this boot's clock. */
function restampCourses(draft: Draft, restamp: (instant: Instant) => Instant): void {
  const { courses } = draft.state
  if (courses.length === 0) return
  const isOld = ({ followedTo }: Course) =>
    draft.view.resumed === 'other boot' && elapsedMs(followedTo, draft.view.watchFrom) > 0
  change(draft, {
    courses: courses.map((course) => (isOld(course) ? course : movedCourse(course, restamp))),
  })
}

/**
 * A clock that was set to another UTC day splits the open interval: central's OEE view books one on the day it began. A clock that
 * shows a time before that beginning says no day yet.
 */
function splitAtLeap(draft: Draft, byMs: number, setAt: Instant): void {
  const { phase } = draft.state
  if (phase.kind !== 'seen') return
  const { interval, unsettled } = phase
  const at = laterOf(interval.since, unsettled ? earlierOf(unsettled.since, setAt) : setAt)
  const isByNewClock = Math.abs(aheadOf(interval.since) - aheadOf(at)) <= TOLERANCE_MS
  const dayOf = (wallMs: number) => utcDayMs(Math.max(wallMs, interval.stampMs))
  if (!isByNewClock && dayOf(at.wallMs - byMs) !== dayOf(at.wallMs)) splitInterval(draft, at)
}

function aheadOf({ wallMs, monoMs }: Instant): number {
  return wallMs - monoMs
}
