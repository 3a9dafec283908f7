/**
 * When a status is left, and what follows it.
 *
 * The open status ends at the last moment at which its condition was seen, whatever alternates behind it. It is followed by the
 * first candidate that holds its own time, once the open status has been gone for its `release`. Where none holds, because
 * several alternate, it is followed by the one that was shown longest, as soon as even the slowest of them could have held, or
 * the open status comes back. Only if it comes back within its `release`, it goes on as if nothing had been.
 */
import { elapsedMs, type Instant, laterOf } from '../../domain/instant.ts'
import { changeUnsettled, type Draft } from '../draft.ts'
import { recordStop } from '../rows/downtime.ts'
import { beginRow, endRow } from '../rows/row.ts'
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

/** Settles what the machine has shown up to now, where it can be. */
export function settleStatus(draft: Draft, proof: Proof): void {
  const { phase } = draft.state
  const unsettled = unsettledOf(phase)
  const current = unsettled?.candidates.at(-1)
  if (!unsettled || !current) return
  const open = intervalOf(phase)
  const goneMs = elapsedMs(unsettled.since, proof.upTo)
  const hasHeld = elapsedMs(current.since, proof.upTo) >= holdMs(draft, current, open)
  if (hasHeld && goneMs >= leaveMs(draft, current, open)) {
    if (isProven(current, proof)) follow(draft, unsettled, current, proof)
  } else if (unsettled.candidates.length > 1 && goneMs >= patienceMs(draft, unsettled, open)) {
    takeLongest(draft, unsettled, proof)
  }
}

/** The open status is shown again. If it was gone for longer than its `release`, it was left, and begins again. */
export function settleReturn(draft: Draft, proof: Proof): void {
  const { phase } = draft.state
  const unsettled = unsettledOf(phase)
  const open = intervalOf(phase)
  if (!unsettled || !open) return
  const goneMs = elapsedMs(unsettled.since, proof.upTo)
  if (goneMs >= longestLeaveMs(draft, unsettled.candidates, open)) takeLongest(draft, unsettled, proof)
}

/** Behind a marker an interval begins with its first sample: there is nothing that it could end too early. */
export function beginBehindMarker(draft: Draft, candidate: Candidate, { upTo }: Proof): void {
  begin(draft, candidate, candidate.since, upTo)
}

/** What a PLC shows whose heartbeat has stopped since may be what it showed when it stopped. */
function isProven({ since }: Candidate, { lastBeat }: Proof): boolean {
  return lastBeat === null || elapsedMs(since, lastBeat) > 0
}

/** By when even the slowest of what was shown could have held. */
function patienceMs(draft: Draft, { candidates }: Unsettled, open: OpenInterval | null): number {
  return Math.max(...candidates.map((one) => Math.max(holdMs(draft, one, open), leaveMs(draft, one, open))))
}

function longestLeaveMs(draft: Draft, candidates: readonly Candidate[], open: OpenInterval | null): number {
  return Math.max(0, ...candidates.map((candidate) => leaveMs(draft, candidate, open)))
}

/**
 * A candidate has held. If what was shown before it was long enough to leave the open status by itself, it is an interval of its
 * own. If not, it belongs to the candidate; but running is claimed for nothing but what was seen to run.
 */
function follow(draft: Draft, { since, candidates }: Unsettled, winner: Candidate, { upTo }: Proof): void {
  const open = intervalOf(draft.state.phase)
  const others = candidates.filter((candidate) => candidate !== winner)
  const before = longestOf(candidates, ({ shownMs }) => shownMs)
  const isOwn = elapsedMs(since, winner.since) >= longestLeaveMs(draft, others, open)
  if (!open || !before || others.length === 0) begin(draft, winner, winner.since, upTo)
  else if (isOwn && before !== winner) {
    begin(draft, before, since, winner.since)
    begin(draft, winner, winner.since, upTo)
  } else begin(draft, winner, isOwn || winner.status !== 'running' ? since : winner.since, upTo)
}

/** None has held, and the one that was shown longest follows. What was shown after it waits to be believed in turn. */
function takeLongest(draft: Draft, unsettled: Unsettled, proof: Proof): void {
  const { candidates } = unsettled
  const winner = longestOf(candidates, (candidate) => shownMs(draft, unsettled, candidate))
  if (!winner || !isProven(winner, proof)) return
  const later = candidates.slice(candidates.indexOf(winner) + 1).map((one) => ({ ...one, shownMs: 0 }))
  const leftAt = later[0]?.since
  begin(draft, winner, unsettled.since, leftAt ?? proof.upTo)
  if (leftAt) changeUnsettled(draft, { since: leftAt, candidates: later })
}

/** The first one where two are equally long. */
function longestOf(
  candidates: readonly Candidate[],
  lengthOf: (candidate: Candidate) => number,
): Candidate | undefined {
  let longest: Candidate | undefined
  for (const candidate of candidates) {
    if (!longest || lengthOf(candidate) > lengthOf(longest)) longest = candidate
  }
  return longest
}

/** Ends what is open, and begins the candidate's row. */
function begin(draft: Draft, candidate: Candidate, from: Instant, upTo: Instant): void {
  const opened = beginningOf(draft.state.phase)
  const since = opened ? laterOf(from, opened) : from
  endRow(draft, since)
  beginRow(draft, candidate, since)
  recordStop(draft, upTo)
}

function beginningOf(phase: Phase): Instant | undefined {
  return phase.kind === 'gap' ? phase.marker.since : intervalOf(phase)?.since
}
