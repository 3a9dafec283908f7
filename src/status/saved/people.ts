/** What people said at a machine, as a state says it since version 3. */
import { type Fields, readEnding } from '../../domain/events/fields.ts'
import { instant, instantOrNull } from '../../domain/saved-state.ts'
import { CATEGORIES, DERIVED_STATUSES } from '../../domain/status.ts'
import { type DeclaredStatus, NOTHING_SAID, type SaidAtMachine } from '../people/said.ts'
import type { EndedDowntime, LastStop } from '../state.ts'
import { piece, stopReason } from './parts.ts'

/**
 * Nothing in a state that knows of no people.
 * @throws Unreadable
 */
export function said(state: Fields): SaidAtMachine {
  const fields = state.groupOrNull('said')
  if (!fields) return NOTHING_SAID
  return {
    operator: fields.numberOrNull('operator'),
    orders: fields.groups('orders').map((order) => ({
      workOrder: order.textOrNull('workOrder'),
      since: instant(order, 'since'),
    })),
    declared: declaredOrNull(fields),
  }
}

function declaredOrNull(said: Fields): DeclaredStatus | null {
  const fields = said.groupOrNull('declared')
  if (!fields) return null
  const run = fields.groupOrNull('run')
  return {
    status: fields.word('status', DERIVED_STATUSES),
    reason: fields.text('reason'),
    category: fields.wordOrNull('category', CATEGORIES),
    operator: fields.numberOrNull('operator'),
    run: run
      ? {
          since: instant(run, 'since'),
          pausedSince: instantOrNull(run, 'pausedSince'),
          cycles: run.numbers('cycles'),
        }
      : null,
  }
}

/**
 * The stop that may still get a reason.
 * @throws Unreadable
 */
export function lastStopOrNull(state: Fields): LastStop | null {
  const fields = state.groupOrNull('lastStop')
  if (!fields) return null
  const downtime = fields.groupOrNull('downtime')
  return {
    endedAt: instant(fields, 'endedAt'),
    reason: stopReason(fields),
    pieces: fields.groups('pieces').map(piece),
    downtime: downtime ? endedDowntime(downtime) : null,
  }
}

function endedDowntime(fields: Fields): EndedDowntime {
  const ending = readEnding(fields) ?? fields.refuse('ended', 'a group of fields')
  return {
    stampMs: fields.number('stampMs'),
    workOrder: fields.textOrNull('workOrder'),
    continues: fields.flagIfAny('continues') ?? false,
    resolvedBy: fields.numberOrNull('resolvedBy'),
    rule: fields.text('rule'),
    ended: { ...ending, at: fields.group('ended').text('at') },
  }
}
