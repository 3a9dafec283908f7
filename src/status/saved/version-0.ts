/**
 * The state of a machine as it was saved before it had a version: one set of fields for all phases, and the notes of the
 * open row as texts. The text that a route makes of an interval read here is the one that was made then.
 */
import type { Fields } from '../../domain/events/fields.ts'
import { parseCause, parseStatusNotes } from '../../domain/events/notes-0.ts'
import type { StatusFindings } from '../../domain/events/status.ts'
import type { Candidate, OpenInterval, OpenStop, Phase } from '../state.ts'
import { candidateFields, instant, intervalFields, stopFields, word } from './parts.ts'

/** `dark` said how the machine was lost: `gap`: the open row is a marker; `hold`: the open row goes on. */
const DARK = ['gap', 'hold'] as const
const CAUSE = 'cause='

/**
 * The phase that the fields of version 0 amount to.
 * @throws Unreadable
 */
export function phase0(state: Fields): Phase {
  const dark = state.textOrNull('dark') === null ? null : word(state, 'dark', DARK)
  const open = state.groupOrNull('open')
  if (!open) {
    if (dark !== null) state.refuse('dark', 'null, though nothing is open')
    return { kind: 'unknown', candidate: candidateOrNull0(state) }
  }
  switch (dark) {
    case 'gap':
      return { kind: 'gap', marker: { stampMs: open.number('changedAtMs'), since: instant(open, 'since') } }
    case 'hold':
      return { kind: 'hold', interval: interval0(open), stop: stopOrNull0(state) }
    case null: {
      const candidate = candidateOrNull0(state)
      return { kind: 'seen', interval: interval0(open), stop: stopOrNull0(state), candidate }
    }
  }
}

function interval0(open: Fields): OpenInterval {
  return {
    ...intervalFields(open),
    stampMs: open.number('changedAtMs'),
    findings: findings0(open.texts('notes')),
  }
}

/** The cause is a note of its own and the first one, so that what its values hold cannot be taken for another note. */
function findings0(notes: readonly string[]): StatusFindings {
  const [first = '', ...others] = notes
  if (!first.startsWith(CAUSE)) return parseStatusNotes(notes.join('; '), 'open').findings
  const { findings } = parseStatusNotes(others.join('; '), 'open')
  return { ...findings, cause: parseCause(first.slice(CAUSE.length)) }
}

function stopOrNull0(state: Fields): OpenStop | null {
  const stop = state.groupOrNull('stop')
  return stop ? { ...stopFields(stop), stampMs: stop.number('startedAtMs') } : null
}

function candidateOrNull0(state: Fields): Candidate | null {
  const candidate = state.groupOrNull('candidate')
  if (!candidate) return null
  return { ...candidateFields(candidate), cause: parseCause(candidate.text('cause')) }
}
