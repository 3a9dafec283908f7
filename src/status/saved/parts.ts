/** The parts of a saved state, each checked field by field. */
import { type Fields, readEnding, readEvidence } from '../../domain/events/fields.ts'
import { readStatusFindings } from '../../domain/events/status.ts'
import type { PlannedTurn } from '../../domain/planned-time.ts'
import { instant, instantOrNull } from '../../domain/saved-state.ts'
import { CATEGORIES, DERIVED_STATUSES, UNPLANNED } from '../../domain/status.ts'
import type { Candidate, CodeAge, OpenInterval, OpenStop, Piece, StopReason, Unsettled } from '../state.ts'

/** The kinds of phases, since version 1. */
export const PHASES = ['unknown', 'seen', 'hold', 'gap'] as const

/**
 * The open interval of a phase.
 * @throws Unreadable
 */
export function interval(phase: Fields): OpenInterval {
  const fields = phase.group('interval')
  return {
    ...intervalFields(fields),
    stampMs: fields.number('stampMs'),
    reason: stopReason(fields),
    findings: readStatusFindings(fields.group('findings')),
    onset: instant(fields, 'onset'),
    pieces: fields.groups('pieces').map(piece),
  }
}

/**
 * A part of an interval that has ended.
 * @throws Unreadable
 */
export function piece(fields: Fields): Piece {
  return {
    stampMs: fields.number('stampMs'),
    workOrder: fields.textOrNull('workOrder'),
    findings: readStatusFindings(fields.group('findings')),
    ended: readEnding(fields) ?? fields.refuse('ended', 'a group of fields'),
  }
}

/** What all versions of an open interval have in common. */
export function intervalFields(
  fields: Fields,
  boot?: string,
): Pick<
  OpenInterval,
  'status' | 'key' | 'since' | 'workOrder' | 'releaseMs' | 'unplanned' | 'isKept' | 'continues'
> {
  return {
    status: fields.word('status', DERIVED_STATUSES),
    key: fields.text('key'),
    since: instant(fields, 'since', boot),
    workOrder: fields.textOrNull('workOrder'),
    releaseMs: fields.number('releaseMs'),
    // Before version 4 nothing was known of planned time.
    unplanned: fields.wordOrNull('unplanned', UNPLANNED),
    isKept: fields.flagIfAny('isKept') ?? false,
    continues: fields.flagIfAny('continues') ?? false,
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
export function stopFields(fields: Fields, boot?: string): Omit<OpenStop, 'stampMs'> {
  return {
    status: fields.word('status', DERIVED_STATUSES),
    since: instant(fields, 'since', boot),
    workOrder: fields.textOrNull('workOrder'),
    continues: fields.flagIfAny('continues') ?? false,
    recorded: fields.flag('recorded'),
    startedBy: fields.numberOrNull('startedBy'),
  }
}

/**
 * The marker of a gap, since version 1.
 * @throws Unreadable
 */
export function marker(phase: Fields, boot?: string) {
  const fields = phase.group('marker')
  return { stampMs: fields.number('stampMs'), since: instant(fields, 'since', boot) }
}

/**
 * What waits to be believed in a phase.
 * @throws Unreadable
 */
export function unsettledOrNull(phase: Fields): Unsettled | null {
  const fields = phase.groupOrNull('unsettled')
  if (!fields) return null
  const candidates = fields.groups('candidates').map((one) => ({
    ...candidateFields(one),
    forMs: one.number('forMs'),
    first: instantOrNull(one, 'first') ?? instant(one, 'since'),
    shownMs: one.number('shownMs'),
    cause: readEvidence(one, 'cause'),
  }))
  return {
    since: instant(fields, 'since'),
    openSeen: instantOrNull(fields, 'openSeen'),
    judgedBy: fields.textIfAny('judgedBy') ?? null,
    candidates,
  }
}

/** What all versions of a candidate have in common. */
export function candidateFields(
  fields: Fields,
  boot?: string,
): Pick<Candidate, 'status' | 'key' | 'since' | 'releaseMs' | 'reason'> {
  return {
    status: fields.word('status', DERIVED_STATUSES),
    key: fields.text('key'),
    since: instant(fields, 'since', boot),
    releaseMs: fields.number('releaseMs'),
    reason: stopReason(fields),
  }
}

/**
 * The reason that an interval or a candidate has.
 * @throws Unreadable
 */
export function stopReason(parent: Fields): StopReason {
  const fields = parent.group('reason')
  return {
    code: fields.textOrNull('code'),
    category: fields.wordOrNull('category', CATEGORIES),
    shown: fields.textOrNull('shown'),
    later: fields.texts('later'),
    by: fields.numberOrNull('by'),
    correctedFrom: fields.texts('correctedFrom'),
  }
}

/**
 * What a fault signal last showed.
 * @throws Unreadable
 */
export function codeAge(fields: Fields): CodeAge {
  const bits = fields.groups('bits').map((one) => ({ bit: one.number('bit'), since: instant(one, 'since') }))
  return { signal: fields.text('signal'), shown: fields.text('shown'), since: instant(fields, 'since'), bits }
}

/**
 * A turn of the planned time.
 * @throws Unreadable
 */
export function plannedTurn(fields: Fields): PlannedTurn {
  return {
    atMs: fields.number('atMs'),
    unplanned: fields.wordOrNull('unplanned', ['NO_SHIFT', 'BREAK']),
    shift: fields.textOrNull('shift'),
  }
}
