/**
 * What the states before version 2 have in common: the stop and not its interval knew why the machine stood, one status at most
 * waited to be believed, and one boot was named for all moments.
 */
import type { Evidence } from '../../domain/events/event.ts'
import type { Fields } from '../../domain/events/fields.ts'
import type { StatusFindings } from '../../domain/events/status.ts'
import { NO_REASON, type OpenInterval, type OpenStop, type Unsettled } from '../state.ts'
import { candidateFields, intervalFields, stopFields, stopReason } from './parts.ts'

/** What was open, with what each version wrote in a way of its own. */
interface OpenBefore2 {
  readonly interval: Fields
  readonly stop: Fields | undefined
  readonly boot: string
  readonly stampMs: number
  readonly stopStampMs: number
  readonly findings: StatusFindings
}

/**
 * The interval and the stop that were open.
 * @throws Unreadable
 */
export function openBefore2(open: OpenBefore2): {
  readonly interval: OpenInterval
  readonly stop: OpenStop | null
} {
  const { stampMs, findings, boot } = open
  const fields = intervalFields(open.interval, boot)
  const stop = open.stop ? { ...stopFields(open.stop, boot), stampMs: open.stopStampMs } : null
  const reason = open.stop
    ? stopReason(open.stop)
    : { ...NO_REASON, code: open.interval.textOrNull('reason') }
  const onset = stop?.since ?? fields.since
  return { interval: { ...fields, stampMs, reason, findings, onset, pieces: [] }, stop }
}

/**
 * The status that waited to be believed.
 * @throws Unreadable
 */
export function unsettledBefore2(candidate: Fields, cause: readonly Evidence[], boot: string): Unsettled {
  const fields = candidateFields(candidate, boot)
  const forMs = candidate.number('holdMs')
  return {
    since: fields.since,
    openSeen: fields.since,
    judgedBy: null,
    candidates: [{ ...fields, first: fields.since, forMs, shownMs: 0, cause }],
  }
}
