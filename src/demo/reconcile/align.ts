/** Lays the episodes of one machine against its truth, in order: what fits, what is missing, what nobody did. */
import { MICRO_STOP } from '../../domain/status.ts'
import { isStop } from './downtimes.ts'
import type { Episode } from './episodes.ts'
import { type Findings, finding } from './report.ts'
import type { Expected, Sight } from './sight.ts'

export interface Match {
  readonly episode: Episode
  readonly expected: Expected
}

export function align(
  expected: readonly Expected[],
  episodes: readonly Episode[],
  sight: Sight,
  findings: Findings,
): readonly Match[] {
  const matches: Match[] = []
  let next = 0
  const take = (index: number, episode: Episode): Expected | undefined => {
    reportMissing(expected.slice(next, index), matches.at(-1)?.expected, findings)
    const found = expected[index]
    if (found) matches.push({ episode, expected: found })
    next = index + 1
    return found
  }
  episodes.forEach((episode, index) => {
    const current = matches.at(-1)?.expected
    const fit = fitOf(expected, next, episode, { current, sight })
    if (fit !== undefined) {
      checkReason(take(fit, episode), episode, sight, findings)
      return
    }
    const due = nextDue(expected, next, current)
    const following = episodes[index + 1]
    const mistaken = due !== undefined && isMistaken(expected[due], episode)
    // Where the episode behind this one is what was due, this one is nobody's.
    if (mistaken && !(following && fitOf(expected, next, following, { current, sight }) === due)) {
      findings.wrong.push(difference(take(due, episode), episode))
    } else {
      findings.extra.push(finding(episode.row.machine, episode.row.changedAtMs, describe(episode.row)))
    }
  })
  reportMissing(expected.slice(next), matches.at(-1)?.expected, findings)
  return matches
}

/**
 * The transition that the episode is: the last one that fits, because that was in force at the episode's stamp, unless
 * something that was due would have been passed over; then the first.
 */
function fitOf(
  expected: readonly Expected[],
  next: number,
  episode: Episode,
  context: { readonly current: Expected | undefined; readonly sight: Sight },
): number | undefined {
  let found: number | undefined
  for (let index = next; index < expected.length; index += 1) {
    const candidate = expected[index]
    if (!candidate || candidate.earliestMs > episode.row.changedAtMs) break
    const isClose = found === undefined || nothingDue(expected.slice(next, index), context.current)
    if (isClose && fits(candidate, episode, context.sight)) found = index
  }
  return found
}

function nothingDue(skipped: readonly Expected[], current: Expected | undefined): boolean {
  return !skipped.some((one, index) => isDue(one, current, index === 0))
}

/** What was barely seen may have been seen or not: to be taken for it, an episode must agree in its reason, too. */
function fits(expected: Expected, episode: Episode, sight: Sight): boolean {
  if (expected.status !== episode.row.status || !inTime(expected, episode)) return false
  return expected.required || hasReason(expected, episode, sight)
}

/** Of a stop that was in sight for too short a time to read its code, the reason may be unknown, but not another. */
function hasReason(expected: Expected, episode: Episode, sight: Sight): boolean {
  const { reason } = episode.row
  if (reason === reasonOf(expected, episode, sight)) return true
  return !expected.reasonRequired && reason === reasonOf({ ...expected, reason: null }, episode, sight)
}

function inTime(expected: Expected, { row }: Episode): boolean {
  return expected.earliestMs <= row.changedAtMs && row.changedAtMs <= expected.latestMs
}

/** An episode that is off in one thing, its status or its time, is taken for the transition that is due. */
function isMistaken(expected: Expected | undefined, episode: Episode): boolean {
  return expected !== undefined && (expected.status === episode.row.status || inTime(expected, episode))
}

/** The next transition that must have a row of its own. */
function nextDue(
  expected: readonly Expected[],
  next: number,
  current: Expected | undefined,
): number | undefined {
  const index = expected.findIndex((one, place) => place >= next && isDue(one, current, place === next))
  return index < 0 ? undefined : index
}

/**
 * Back to what it was, with nothing seen in between, is no transition for whoever watches; not even where a stop came
 * back with another reason, because a stop keeps its first.
 */
function isDue(expected: Expected, current: Expected | undefined, follows: boolean): boolean {
  if (!expected.required) return false
  return current?.status !== expected.status || (follows && current.reason !== expected.reason)
}

function reportMissing(
  skipped: readonly Expected[],
  current: Expected | undefined,
  findings: Findings,
): void {
  for (const [index, one] of skipped.entries()) {
    if (isDue(one, current, index === 0)) findings.missing.push(finding(one.machine, one.atMs, describe(one)))
  }
}

function checkReason(
  expected: Expected | undefined,
  episode: Episode,
  sight: Sight,
  findings: Findings,
): void {
  if (!expected) return
  if (hasReason(expected, episode, sight)) return
  const reason = reasonOf(expected, episode, sight)
  findings.wrong.push(difference({ ...expected, reason }, episode))
}

/** A short stop that nobody gave a reason is a micro stop. */
function reasonOf(expected: Expected, episode: Episode, sight: Sight): string | null {
  const { durationMs } = episode
  const short = durationMs !== undefined && durationMs < sight.microStopBelowMs
  return expected.reason ?? (short && isStop(expected.status) ? MICRO_STOP : null)
}

function difference(expected: Expected | undefined, { row }: Episode) {
  const lateMs = row.changedAtMs - (expected?.atMs ?? row.changedAtMs)
  const offset = `${lateMs < 0 ? '−' : '+'}${(Math.abs(lateMs) / 1000).toFixed(1)} s`
  const truth = expected ? describe(expected) : 'nothing'
  return finding(
    row.machine,
    expected?.atMs ?? row.changedAtMs,
    `${truth} became ${describe(row)}, ${offset}`,
  )
}

function describe(what: { readonly status: string; readonly reason: string | null }): string {
  return what.reason === null ? what.status : `${what.status} (${what.reason})`
}
