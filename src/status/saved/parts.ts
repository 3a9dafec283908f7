/** The parts of a saved state, each checked field by field. */
import { type Fields, readEvidence } from '../../domain/events/fields.ts'
import { readStatusFindings } from '../../domain/events/status.ts'
import type { Instant } from '../../domain/instant.ts'
import { CATEGORIES, DERIVED_STATUSES } from '../../domain/status.ts'
import type { Candidate, OpenInterval, OpenStop, StopReason } from '../state.ts'

/**
 * The open interval of a phase.
 * @throws Unreadable
 */
export function interval(phase: Fields): OpenInterval {
  const fields = phase.group('interval')
  return {
    ...intervalFields(fields),
    stampMs: fields.number('stampMs'),
    findings: readStatusFindings(fields.group('findings')),
  }
}

/** What all versions of an open interval have in common. */
export function intervalFields(fields: Fields): Omit<OpenInterval, 'stampMs' | 'findings'> {
  return {
    status: word(fields, 'status', DERIVED_STATUSES),
    key: fields.text('key'),
    since: instant(fields, 'since'),
    reason: fields.textOrNull('reason'),
    workOrder: fields.textOrNull('workOrder'),
    releaseMs: fields.number('releaseMs'),
  }
}

/**
 * The open stop of a phase.
 * @throws Unreadable
 */
export function stopOrNull(phase: Fields): OpenStop | null {
  const fields = phase.groupOrNull('stop')
  return fields ? { ...stopFields(fields), stampMs: fields.number('stampMs') } : null
}

/** What all versions of an open stop have in common. */
export function stopFields(fields: Fields): Omit<OpenStop, 'stampMs'> {
  return {
    status: word(fields, 'status', DERIVED_STATUSES),
    since: instant(fields, 'since'),
    reason: stopReason(fields),
    workOrder: fields.textOrNull('workOrder'),
    recorded: fields.flag('recorded'),
  }
}

/**
 * The candidate of a phase.
 * @throws Unreadable
 */
export function candidateOrNull(phase: Fields): Candidate | null {
  const fields = phase.groupOrNull('candidate')
  return fields ? { ...candidateFields(fields), cause: readEvidence(fields, 'cause') } : null
}

/** What all versions of a candidate have in common. */
export function candidateFields(fields: Fields): Omit<Candidate, 'cause'> {
  return {
    status: word(fields, 'status', DERIVED_STATUSES),
    key: fields.text('key'),
    since: instant(fields, 'since'),
    holdMs: fields.number('holdMs'),
    releaseMs: fields.number('releaseMs'),
    reason: stopReason(fields),
    workOrder: fields.textOrNull('workOrder'),
  }
}

function stopReason(parent: Fields): StopReason {
  const fields = parent.group('reason')
  return {
    code: fields.textOrNull('code'),
    category: fields.textOrNull('category') === null ? null : word(fields, 'category', CATEGORIES),
    shown: fields.textOrNull('shown'),
    later: fields.texts('later'),
  }
}

/**
 * A moment on both clocks. Before each moment carried its boot, the state named one for all of them.
 * @throws Unreadable
 */
export function instant(parent: Fields, field: string): Instant {
  const fields = parent.group(field)
  return {
    boot: fields.textOrNull('boot') ?? '',
    wallMs: fields.number('wallMs'),
    monoMs: fields.number('monoMs'),
  }
}

/**
 * The same where there need not be one.
 * @throws Unreadable
 */
export function instantOrNull(parent: Fields, field: string): Instant | null {
  return parent.groupOrNull(field) ? instant(parent, field) : null
}

/** A text that is one of a few. */
export function word<Word extends string>(fields: Fields, field: string, words: readonly Word[]): Word {
  const text = fields.text(field)
  return words.find((known) => known === text) ?? fields.refuse(field, `one of ${words.join(', ')}`)
}
