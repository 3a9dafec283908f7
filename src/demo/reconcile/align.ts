/**
 * Matches the episodes of one machine (what central says) with its transitions (what happened), both in time order. What has
 * no partner is missing in central, or was never there in truth.
 */
import { MICRO_STOP } from '../../domain/status.ts'
import type { Episode } from './episodes.ts'
import { isStop } from './facts.ts'
import { type Findings, finding } from './report.ts'
import type { Expected, Sight } from './sight.ts'

/** What central says, and what happened. */
export interface Match {
  readonly episode: Episode
  readonly expected: Expected
}

/** The pairs in time order. What has no partner, or another status or reason than its partner, becomes a finding. */
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
    // If the next episode fits the transition that is due, then this one does not belong to it and is extra.
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
 * The transition that belongs to an episode. Where several fit, it is the last one, because that was in force at the time of
 * the episode; but if a transition that must have an episode would be skipped by that, it is the first one.
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

/** A transition that was in sight only for a short time need not be recorded, so a match must agree in the reason, too. */
function fits(expected: Expected, episode: Episode, sight: Sight): boolean {
  if (expected.status !== episode.row.status || !inTime(expected, episode)) return false
  return expected.required || hasReason(expected, episode, sight)
}

/** Where a stop was in sight for too short a time to read its code, the reason may be unknown, but never a wrong one. */
function hasReason(expected: Expected, episode: Episode, sight: Sight): boolean {
  const { reason } = episode.row
  if (reason === reasonOf(expected, episode, sight)) return true
  if (expected.perhaps && reason === expected.perhaps.reason) return true
  return !expected.reasonRequired && reason === reasonOf({ ...expected, reason: null }, episode, sight)
}

function inTime(expected: Expected, { row }: Episode): boolean {
  return expected.earliestMs <= row.changedAtMs && row.changedAtMs <= expected.latestMs
}

/** An episode that agrees with the due transition in its status or its time, but not in both, is that one recorded wrongly. */
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
 * Whether a transition must have an episode of its own. If nothing was seen between, a return to the status before is no
 * change for whoever watches. That holds even where a stop has another reason then, because a stop keeps its first reason.
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

/** The reason that central must show: a short stop without a reason of its own is a micro stop. */
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
