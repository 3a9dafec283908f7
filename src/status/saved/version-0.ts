/**
 * The state of a machine as it was saved before it had a version: one set of fields for all phases, and the notes of the
 * open row as texts. The text that a route makes of an interval read here is the one that was made then.
 */
import type { Fields } from '../../domain/events/fields.ts'
import { parseCause, parseStatusNotes } from '../../domain/events/notes-0.ts'
import type { StatusFindings } from '../../domain/events/status.ts'
import { instant } from '../../domain/saved-state.ts'
import type { Phase, Unsettled } from '../state.ts'
import { openBefore2, unsettledBefore2 } from './before-2.ts'

/** `dark` said how the machine was lost: `gap`: the open row is a marker; `hold`: the open row goes on. */
const DARK = ['gap', 'hold'] as const
const CAUSE = 'cause='

/**
 * The phase that the fields of version 0 amount to.
 * @throws Unreadable
 */
export function phase0(state: Fields, boot: string): Phase {
  const dark = state.wordOrNull('dark', DARK)
  const open = state.groupOrNull('open')
  if (!open) {
    if (dark !== null) state.refuse('dark', 'null, though nothing is open')
    return { kind: 'unknown', unsettled: unsettledOrNull0(state, boot) }
  }
  switch (dark) {
    case 'gap': {
      const stampMs = open.number('changedAtMs')
      return { kind: 'gap', marker: { stampMs, since: instant(open, 'since', boot) } }
    }
    case 'hold':
      return { kind: 'hold', ...open0(state, open, boot) }
    case null: {
      const unsettled = unsettledOrNull0(state, boot)
      return { kind: 'seen', ...open0(state, open, boot), unsettled }
    }
  }
}

function open0(state: Fields, interval: Fields, boot: string) {
  const stop = state.groupOrNull('stop')
  return openBefore2({
    interval,
    stop,
    boot,
    stampMs: interval.number('changedAtMs'),
    stopStampMs: stop?.number('startedAtMs') ?? 0,
    findings: findings0(interval.texts('notes')),
  })
}

/** The cause is a note of its own and the first one, so that what its values hold cannot be taken for another note. */
function findings0(notes: readonly string[]): StatusFindings {
  const [first = '', ...others] = notes
  if (!first.startsWith(CAUSE)) return parseStatusNotes(notes.join('; '), 'open').findings
  const { findings } = parseStatusNotes(others.join('; '), 'open')
  return { ...findings, cause: parseCause(first.slice(CAUSE.length)) }
}

function unsettledOrNull0(state: Fields, boot: string): Unsettled | null {
  const candidate = state.groupOrNull('candidate')
  return candidate ? unsettledBefore2(candidate, parseCause(candidate.text('cause')), boot) : null
}
