/** Signals that must change, since the PLC does not run where they stand still. */
import type { DocumentDraft } from '../../../documents/draft.ts'
import { pollMsOf } from '../../../domain/device.ts'
import type { SignalInDraft } from './compile-signals.ts'

const STALE_AFTER_DEFAULT_MS = 10_000
const STALE_AFTER_POLLS = 3
/** The usual clock bit of a PLC is on for half a second and off for half a second; this sees both. */
const BIT_POLL_MAX_MS = 300

/** It has at least two polls for a change: what changes between two polls is seen with the second. */
export function heartbeatOf(draft: DocumentDraft, { name, path, entry, device }: SignalInDraft) {
  const pollMs = device ? pollMsOf(device, { pollMs: entry?.poll }) : 0
  const staleAfterMs = entry?.stale_after ?? Math.max(STALE_AFTER_DEFAULT_MS, STALE_AFTER_POLLS * pollMs)
  if (staleAfterMs < 2 * pollMs) {
    draft.fault(
      [...path, 'stale_after'],
      'the heartbeat is polled too slowly for this',
      `at least ${2 * pollMs}ms`,
    )
  }
  if (entry?.type === 'bit' && pollMs > BIT_POLL_MAX_MS) {
    const message = `a bit that blinks each second looks still when it is read every ${pollMs}ms`
    draft.hint(
      path,
      message,
      `poll: ${BIT_POLL_MAX_MS}ms for this signal, or a counter in place of the bit`,
      'key',
    )
  }
  return { signal: name, staleAfterMs }
}

/** A map without one is allowed, and unwise. */
export function hintAtHeartbeats(draft: DocumentDraft, signals: readonly SignalInDraft[]): void {
  if (signals.some(({ entry }) => entry?.role === 'heartbeat')) return
  const message = 'no signal has role heartbeat: a PLC that stopped with its network up is not noticed'
  draft.hint(['machine'], message, 'add one if the PLC has a counter or a clock', 'key')
}
