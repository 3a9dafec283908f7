/**
 * When a status is left, and what follows it.
 *
 * The open status ends at the last moment at which its condition was seen, whatever alternates behind it. It is followed by the
 * first candidate that holds its own time, once the open status has been gone for its `release`. Where none holds, because
 * they alternate, it is followed by the one that was shown longest until then. Only a status that comes back within its
 * `release` goes on as if nothing had been.
 */
import { elapsedMs, type Instant, laterOf } from '../../domain/instant.ts'
import { changeUnsettled, type Draft } from '../draft.ts'
import { passTurns } from '../planned/settle-row.ts'
import { recordStop } from '../rows/downtime.ts'
import { beginRow, endRow, goesOnUnplanned } from '../rows/row.ts'
import {
  type Candidate,
  intervalOf,
  type OpenInterval,
  type Phase,
  type Unsettled,
  unsettledOf,
} from '../state.ts'
import { shownMs } from './candidates.ts'
import { holdMs, leaveMs } from './verdict.ts'

/** How far what is seen now reaches, and what proves it. */
interface Proof {
  readonly upTo: Instant
  readonly lastBeat: Instant | null
}

/** A candidate that follows the open status from a moment on, and up to when it is seen. */
interface Following {
  readonly winner: Candidate
  readonly from: Instant
  readonly upTo: Instant
}

/** The candidate that is shown now follows the open status as soon as it has held. */
export function settleHeld(draft: Draft, proof: Proof): void {
  const { phase } = draft.state
  const unsettled = unsettledOf(phase)
  const current = unsettled?.candidates.at(-1)
  if (!unsettled || !current || !isProven(current, proof)) return
  const open = intervalOf(phase)
  const hasHeld = elapsedMs(current.since, proof.upTo) >= holdMs(draft, current, open)
  const isLeft = elapsedMs(unsettled.since, proof.upTo) >= leaveMs(draft, current, open)
  if (hasHeld && isLeft) follow(draft, unsettled, current, proof)
}

/**
 * Another status is shown than until now, and none of the candidates has held. If the open one was gone for its `release`, it
 * was left all the same; a shorter time changes nothing.
 */
export function settleTurn(draft: Draft, key: string, proof: Proof): void {
  const current = unsettledOf(draft.state.phase)?.candidates.at(-1)
  if (current?.key !== key) settleEnd(draft, proof)
}

/** Nothing more will be seen of what has been shown until now, because something else is, or nothing. */
export function settleEnd(draft: Draft, proof: Proof): void {
  const { phase, lastSeen } = draft.state
  const unsettled = unsettledOf(phase)
  if (!unsettled || !lastSeen) return
  const open = intervalOf(phase)
  const neededMs = longestLeaveMs(draft, unsettled.candidates, open)
  if (elapsedMs(unsettled.since, lastSeen) >= neededMs) takeLongest(draft, unsettled, proof)
}

/** A row that need not be waited for: behind a marker there is nothing that it could end too early, and people know what they declare. */
export function beginAtOnce(draft: Draft, candidate: Candidate, { upTo }: Proof): void {
  begin(draft, candidate, candidate.since, upTo)
}

/** What a PLC shows whose heartbeat has stopped since may be what it showed when it stopped. */
function isProven({ since }: Candidate, { lastBeat }: Proof): boolean {
  return lastBeat === null || elapsedMs(since, lastBeat) > 0
}

/** The candidate that has held follows, since it was last shown without a break. */
function follow(draft: Draft, unsettled: Unsettled, winner: Candidate, { upTo }: Proof): void {
  beginAfter(draft, unsettled, { winner, from: winner.since, upTo })
}

/**
 * What was shown for a moment between the open status and the one that follows it belongs to the open one, but running is claimed
 * for nothing but what was seen to run. What lasted long enough to leave the open status is a row of its own.
 */
function beginAfter(draft: Draft, unsettled: Unsettled, next: Following): void {
  const { since, candidates } = unsettled
  const { winner, from, upTo } = next
  const open = intervalOf(draft.state.phase)
  const others = candidates.filter((one) => one !== winner && elapsedMs(one.first, from) > 0)
  const between = longestShown(draft, unsettled, others)
  const neededMs = longestLeaveMs(draft, others, open)
  // Time in which nothing was seen lets the open status go on, as anywhere else, unless that is running.
  const shownAllMs = others.reduce((sum, one) => sum + shownMs(draft, unsettled, one), 0)
  const endsRun = open?.status === 'running'
  const betweenMs = endsRun ? elapsedMs(since, from) : shownAllMs
  if (!open || !between || betweenMs < neededMs) {
    begin(draft, winner, endsRun ? since : from, upTo)
    return
  }
  const { first } = between
  // Behind a run there may have been yet another one before it.
  if (endsRun) beginAfter(draft, unsettled, { winner: between, from: first, upTo: from })
  else begin(draft, between, first, from)
  begin(draft, winner, from, upTo)
}

/** None has held, and the one that was shown longest follows. What was shown after it waits to be believed in turn. */
function takeLongest(draft: Draft, unsettled: Unsettled, proof: Proof): void {
  const { candidates } = unsettled
  const winner = longestShown(draft, unsettled, candidates)
  if (!winner || !isProven(winner, proof)) return
  const later = candidates.slice(candidates.indexOf(winner) + 1).map((one) => ({ ...one, shownMs: 0 }))
  const leftAt = later[0]?.since
  // Where nothing was open, nothing has to be left.
  const from = intervalOf(draft.state.phase) ? winner.first : winner.since
  beginAfter(draft, unsettled, { winner, from, upTo: leftAt ?? proof.upTo })
  if (leftAt) changeUnsettled(draft, { ...unsettled, since: leftAt, openSeen: leftAt, candidates: later })
}

function longestLeaveMs(draft: Draft, candidates: readonly Candidate[], open: OpenInterval | null): number {
  return Math.max(...candidates.map((candidate) => leaveMs(draft, candidate, open)))
}

/** The first one where several were shown equally long. */
function longestShown(
  draft: Draft,
  unsettled: Unsettled,
  candidates: readonly Candidate[],
): Candidate | undefined {
  const lengths = candidates.map((candidate) => shownMs(draft, unsettled, candidate))
  return candidates[lengths.indexOf(Math.max(...lengths))]
}

/** Ends what is open, and begins the candidate's row. */
function begin(draft: Draft, candidate: Candidate, from: Instant, upTo: Instant): void {
  const opened = beginningOf(draft.state.phase)
  const since = opened ? laterOf(from, opened) : from
  if (!goesOnUnplanned(draft, candidate, since)) {
    endRow(draft, since)
    beginRow(draft, candidate, since)
  }
  passTurns(draft, upTo)
  recordStop(draft, upTo)
}

function beginningOf(phase: Phase): Instant | undefined {
  return phase.kind === 'gap' ? phase.marker.since : intervalOf(phase)?.since
}
