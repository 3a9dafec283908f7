/**
 * When a status is left, and what follows it.
 *
 * The open status ends at the last moment at which its condition was seen, whatever alternates behind it. It is followed by the
 * first candidate that holds its own time, once the open status has been gone for its `release`. Where none holds, because
 * several alternate, it is followed by the one that was shown longest, as soon as even the slowest of them could have held. If
 * the open status comes back before that, it goes on as if nothing had been.
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
    const longest = longestShown(draft, unsettled, unsettled.candidates)
    if (longest && isProven(longest, proof)) take(draft, unsettled, longest, proof)
  }
}

/** Behind a marker an interval begins with its first sample: there is nothing that it could end too early. */
export function beginBehindMarker(draft: Draft, candidate: Candidate, { upTo }: Proof): void {
  begin(draft, candidate, candidate.since, upTo)
}

/** What a PLC shows whose heartbeat has stopped since may be what it showed when it stopped. */
function isProven({ since }: Candidate, { lastBeat }: Proof): boolean {
  return lastBeat === null || elapsedMs(since, lastBeat) >= 0
}

/** By when even the slowest of what was shown could have held. */
function patienceMs(draft: Draft, { candidates }: Unsettled, open: OpenInterval | null): number {
  return Math.max(...candidates.map((one) => Math.max(holdMs(draft, one, open), leaveMs(draft, one, open))))
}

/** The newer one where two were shown equally long. */
function longestShown(
  draft: Draft,
  unsettled: Unsettled,
  candidates: readonly Candidate[],
): Candidate | undefined {
  let longest: Candidate | undefined
  for (const candidate of candidates) {
    if (!longest || shownMs(draft, unsettled, candidate) >= shownMs(draft, unsettled, longest))
      longest = candidate
  }
  return longest
}

/**
 * A candidate has held. What was shown before it, since the open status was gone, belongs to it; but if that was long enough to
 * leave the open status by itself, it is an interval of its own.
 */
function follow(draft: Draft, unsettled: Unsettled, winner: Candidate, { upTo }: Proof): void {
  const open = intervalOf(draft.state.phase)
  const others = unsettled.candidates.filter((candidate) => candidate !== winner)
  const between = longestShown(draft, unsettled, others)
  const betweenMs = elapsedMs(unsettled.since, winner.since)
  const isOwn =
    between && betweenMs >= leaveMs(draft, between, open) && betweenMs >= ignoredMs(draft, others, open)
  if (open && isOwn) begin(draft, between, unsettled.since, winner.since)
  begin(draft, winner, open && !isOwn ? unsettled.since : winner.since, upTo)
}

/** Runs shorter than `ignore_run_below` between stops are none. */
function ignoredMs(draft: Draft, others: readonly Candidate[], open: OpenInterval | null): number {
  return Math.max(
    0,
    ...others.filter(({ status }) => status === 'running').map((run) => holdMs(draft, run, open)),
  )
}

/** None has held, and the one that was shown longest follows. What was shown after it waits to be believed in turn. */
function take(draft: Draft, { since, candidates }: Unsettled, winner: Candidate, { upTo }: Proof): void {
  const later = candidates.slice(candidates.indexOf(winner) + 1).map((one) => ({ ...one, shownMs: 0 }))
  const leftAt = later[0]?.since
  begin(draft, winner, since, leftAt ?? upTo)
  if (leftAt) changeUnsettled(draft, { since: leftAt, candidates: later })
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
