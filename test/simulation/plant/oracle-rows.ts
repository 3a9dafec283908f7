/**
 * Holds the rows of one machine against what it did in truth. Written from the contract, and knows nothing of the derivation: it
 * sees what the PLC did, when it could not be seen, and the events as they are stored.
 */
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import type { Status } from '../../../src/domain/status.ts'
import { downtimesOf, type HistoryRow, historyOf } from '../../support/play-rows.ts'
import type { Span, State } from './plc.ts'

/** A machine and what is known of it in truth. */
export interface MachineTruth {
  readonly code: string
  readonly truth: readonly { readonly at: number; readonly state: State }[]
  /** When it could not be seen, for whatever reason; in any order, also one within the other. */
  readonly blind: readonly Span[]
  /** When the gateway was not there, or may have forgotten what it saw. */
  readonly away: readonly Span[]
  /** Wall time at the beginning; undefined where the clock was touched, so that stamps say nothing of the truth. */
  readonly startMs: number | undefined
  /** Whether the computer was rebooted while its clock was wrong: only that clock says how long it was away. */
  readonly isAwayUnknown: boolean
  readonly endMs: number
}

const STATUS: Readonly<Record<State, Status>> = {
  ready: 'idle',
  run: 'running',
  fault: 'down',
  setup: 'setup',
  service: 'maintenance',
}
/** Statuses that go on while nothing is seen, because people cut the power to repair. */
const HELD: readonly string[] = ['down', 'setup', 'maintenance']
/** What holds for so long is believed, whatever was before: the longest of the debounces. */
const BELIEVED_MS = 10_000
/** Two polls of the slowest machine: a change comes late, and one was not asked for yet. */
const SLACK_MS = 8_000
const LOST_MS = 30_000
const BRIDGED_MS = 300_000
/** A heartbeat that stands still is noticed so late. */
const STALE_MS = 10_000
const MICRO_STOP_MS = 120_000
const SAME_MS = 2

interface Claim {
  readonly status: string
  readonly from: number
  readonly to: number
  readonly stamps: readonly string[]
}

/** What is wrong with the rows, in words; nothing where all is right. */
export function rowBreaches(events: readonly MachineEvent[], machine: MachineTruth): readonly string[] {
  let rows: readonly HistoryRow[]
  try {
    rows = historyOf(events)
  } catch (error) {
    return [`${machine.code}: ${error instanceof Error ? error.message : error}`]
  }
  const claims = machine.startMs === undefined ? [] : claimsOf(rows, machine.startMs, machine.endMs)
  const found = [
    ...tiling(rows, machine),
    ...lengths(rows, machine),
    ...counts(rows, machine),
    ...downtimes(events, rows, claims, machine),
    ...(machine.startMs === undefined ? [] : besideTruth(claims, machine)),
  ]
  return found.map((what) => `${machine.code}: ${what}`)
}

function besideTruth(claims: readonly Claim[], machine: MachineTruth): readonly string[] {
  return [...contradictions(claims, machine), ...unseen(claims, machine), ...omissions(claims, machine)]
}

/** Each row names the one before, begins later, and ends where the next begins; only markers have no length. */
function tiling(rows: readonly HistoryRow[], { startMs }: MachineTruth): readonly string[] {
  return rows.flatMap((row, index) => {
    const next = rows[index + 1]
    const isMarker = row.reason === 'NO_DATA'
    if (!next) return row.ended ? [`${named(row)} has ended, and nothing follows`] : []
    const found: string[] = []
    if (Date.parse(next.at) <= Date.parse(row.at)) found.push(`${named(next)} is not later than ${named(row)}`)
    if (next.previousStatus !== row.status) found.push(`${named(next)} is not behind ${named(row)}`)
    if (isMarker) return row.ended ? [...found, `${named(row)} is a marker with a length`] : found
    if (!row.ended) return [...found, `${named(row)} has no length`]
    const wrongMs = Math.abs(Date.parse(next.at) - Date.parse(row.at) - row.ended.durationMs)
    if (startMs !== undefined && wrongMs > SAME_MS) found.push(`${named(row)} is ${wrongMs} ms from the next`)
    return found
  })
}

/** Whatever was done to the wall clock, nothing lasts longer than there was time, and nothing less than no time. */
function lengths(rows: readonly HistoryRow[], { endMs, isAwayUnknown }: MachineTruth): readonly string[] {
  const negative = rows.filter(({ ended }) => ended && ended.durationMs < 0)
  const sum = rows.reduce((ms, { ended }) => ms + (ended?.durationMs ?? 0), 0)
  return [
    ...negative.map((row) => `${named(row)} lasts ${row.ended?.durationMs} ms`),
    ...(sum > endMs + SLACK_MS && !isAwayUnknown ? [`its rows last ${sum} ms of ${endMs}`] : []),
  ]
}

/** Parts that were made unseen: never fewer than none, and never more than the machine can have made. */
function counts(rows: readonly HistoryRow[], { endMs }: MachineTruth): readonly string[] {
  return rows.flatMap((row) => {
    const { countedUnseen } = row
    if (countedUnseen === null || (countedUnseen > 0 && countedUnseen <= endMs / 1_000)) return []
    return [`${named(row)} has ${countedUnseen} parts that were made unseen`]
  })
}

/** Each stop that lasted long enough is one, and begins with its row. */
function downtimes(
  events: readonly MachineEvent[],
  rows: readonly HistoryRow[],
  claims: readonly Claim[],
  { isAwayUnknown }: MachineTruth,
): readonly string[] {
  const found = downtimesOf(events)
  const stops = new Set(rows.filter(({ status }) => ['down', 'setup'].includes(status)).map(({ at }) => at))
  const alone = found.filter(({ at }) => !stops.has(at)).map(({ at }) => `a downtime of ${at} begins with no row`)
  const short = isAwayUnknown ? [] : found.filter(({ ended }) => ended && ended.durationMs < MICRO_STOP_MS)
  const missed = claims.filter(
    ({ status, from, to, stamps }) =>
      ['down', 'setup'].includes(status) &&
      to - from >= MICRO_STOP_MS + SLACK_MS &&
      !found.some(({ at }) => stamps.includes(at)),
  )
  return [
    ...alone,
    ...short.map(({ at }) => `the downtime of ${at} is a micro stop`),
    ...missed.map((claim) => `${text(claim)} has no downtime`),
  ]
}

/** What is seen all the time to be something else is not claimed for longer than it takes to believe it. */
function contradictions(claims: readonly Claim[], machine: MachineTruth): readonly string[] {
  return claims.flatMap((claim) => {
    const others = seenSpans(machine).filter(
      ({ status, from, to }) => status !== claim.status && to > claim.from && from < claim.to,
    )
    const wrong = joined(others).find(
      ({ from, to }) => Math.min(to, claim.to) - Math.max(from, claim.from) > BELIEVED_MS + SLACK_MS,
    )
    return wrong ? [`${text(claim)} is claimed, and it was not so ${text(wrong)}`] : []
  })
}

/** Nothing that must be seen is claimed for longer than a loss takes to be one. */
function unseen(claims: readonly Claim[], { blind, away }: MachineTruth): readonly string[] {
  return claims.flatMap((claim) => {
    if (HELD.includes(claim.status)) return []
    const wrong = joined([...blind, ...away]).find(({ from, to }) => {
      const isAway = away.some((one) => one.to > from && one.from < to)
      const within = Math.min(to, claim.to) - Math.max(from, claim.from)
      return within > (isAway ? BRIDGED_MS : LOST_MS + STALE_MS) + 2 * SLACK_MS
    })
    return wrong ? [`${text(claim)} is claimed, and nothing was seen ${text(wrong)}`] : []
  })
}

/** What was seen for long enough is claimed, from where it was seen first to where it was seen last. */
function omissions(claims: readonly Claim[], machine: MachineTruth): readonly string[] {
  return seenSpans(machine).flatMap(({ status, from, to }) => {
    if (to - from < BELIEVED_MS + 2 * SLACK_MS) return []
    const core = { from: from + SLACK_MS, to: to - SLACK_MS }
    const covered = claims
      .filter((claim) => claim.status === status)
      .reduce((ms, claim) => ms + Math.max(0, Math.min(claim.to, core.to) - Math.max(claim.from, core.from)), 0)
    const missedMs = core.to - core.from - covered
    return missedMs > SLACK_MS ? [`${status} ${text({ from, to })} is not claimed for ${missedMs} ms of it`] : []
  })
}

interface Seen extends Span {
  readonly status: string
}

/** Stretches of one state in which the machine could be seen all the time. */
function seenSpans({ truth, blind, away, endMs }: MachineTruth): readonly Seen[] {
  const dark = joined([...blind, ...away])
  return truth.flatMap(({ at, state }, index) => {
    const end = truth[index + 1]?.at ?? endMs
    const spans: Seen[] = []
    let from = at
    for (const one of dark) {
      if (one.to <= from || one.from >= end) continue
      if (one.from > from) spans.push({ status: STATUS[state], from, to: one.from })
      from = one.to
    }
    if (from < end) spans.push({ status: STATUS[state], from, to: end })
    return spans
  })
}

/** Spans in their order, with those that touch each other made one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const result: { from: number; to: number }[] = []
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else result.push({ from, to })
  }
  return result
}

/** Rows of one status behind each other claim one stretch. Markers claim nothing. */
function claimsOf(rows: readonly HistoryRow[], startMs: number, endMs: number): readonly Claim[] {
  const result: Claim[] = []
  for (const [index, { at, status, reason }] of rows.entries()) {
    if (reason === 'NO_DATA') continue
    const from = Date.parse(at) - startMs
    const next = rows[index + 1]
    const to = next ? Date.parse(next.at) - startMs : endMs
    const last = result.at(-1)
    if (last && last.status === status && Math.abs(last.to - from) <= SAME_MS)
      result[result.length - 1] = { ...last, to, stamps: [...last.stamps, at] }
    else result.push({ status, from, to, stamps: [at] })
  }
  return result
}

function named({ at, status, reason }: HistoryRow): string {
  return `${status}${reason === null ? '' : ` ${reason}`} of ${at.slice(11, 23)}`
}

function text({ status, from, to }: Span & { readonly status?: string }): string {
  return `${status ?? ''} from +${from / 1_000} to +${to / 1_000}`.trim()
}
