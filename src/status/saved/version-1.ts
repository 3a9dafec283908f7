/** The state of a machine as version 1 saved it. */
import { type Fields, readEvidence } from '../../domain/events/fields.ts'
import { readStatusFindings } from '../../domain/events/status.ts'
import type { Phase, Unsettled } from '../state.ts'
import { openBefore2, unsettledBefore2 } from './before-2.ts'
import { marker, PHASES } from './parts.ts'

/**
 * The phase of a state of version 1.
 * @throws Unreadable
 */
export function phase1(state: Fields, boot: string): Phase {
  const fields = state.group('phase')
  const kind = fields.word('kind', PHASES)
  switch (kind) {
    case 'unknown':
      return { kind, unsettled: unsettled1(fields, boot) }
    case 'seen':
      return { kind, ...open1(fields, boot), unsettled: unsettled1(fields, boot) }
    case 'hold':
      return { kind, ...open1(fields, boot) }
    case 'gap':
      return { kind, marker: marker(fields, boot) }
  }
}

function open1(phase: Fields, boot: string) {
  const interval = phase.group('interval')
  const stop = phase.groupOrNull('stop')
  return openBefore2({
    interval,
    stop,
    boot,
    stampMs: interval.number('stampMs'),
    stopStampMs: stop?.number('stampMs') ?? 0,
    findings: readStatusFindings(interval.group('findings')),
  })
}

function unsettled1(phase: Fields, boot: string): Unsettled | null {
  const candidate = phase.groupOrNull('candidate')
  return candidate ? unsettledBefore2(candidate, readEvidence(candidate, 'cause'), boot) : null
}
