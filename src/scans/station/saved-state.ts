/** Reads the state of a station as an earlier run saved it. */
import type { Fields } from '../../domain/events/fields.ts'
import { instant, instantOrNull, readSavedState, type StateRead } from '../../domain/saved-state.ts'
import { SCAN_REFUSALS, type ScanRefusal } from './refusals.ts'
import { scanOrNull, takenScan } from './saved-scan.ts'
import { type BegunOrder, type Commit, STATE_VERSION, type StationState } from './station-state.ts'

const STANDINGS = ['started', 'paused'] as const
const REASONS = Object.keys(SCAN_REFUSALS) as readonly ScanRefusal[]

/** @param saved as JSON gave it */
export function readState(saved: unknown): StateRead<StationState> {
  return readSavedState(saved, stateOf)
}

function stateOf(fields: Fields): StationState {
  if (fields.v !== STATE_VERSION) fields.refuseVersion(STATE_VERSION)
  return {
    v: STATE_VERSION,
    lastStampMs: fields.number('lastStampMs'),
    session: sessionOrNull(fields),
    lastScan: instantOrNull(fields, 'lastScan'),
    previous: fields.textOrNull('previous'),
    recent: fields.groups('recent').map((one) => ({ at: instant(one, 'at'), data: one.text('data') })),
    waiting: fields.groups('waiting').map(takenScan),
    command: scanOrNull(fields, 'command'),
    split: scanOrNull(fields, 'split'),
    order: orderOrNull(fields),
    label: labelOrNull(fields),
    orders: fields.groups('orders').map(begunOrder),
    commit: commitOrNull(fields),
    refused: refused(fields),
  }
}

function sessionOrNull(state: Fields): StationState['session'] {
  const fields = state.groupOrNull('session')
  if (!fields) return null
  return {
    operator: fields.number('operator'),
    since: instant(fields, 'since'),
    until: instantOrNull(fields, 'until'),
  }
}

function orderOrNull(state: Fields): StationState['order'] {
  const fields = state.groupOrNull('order')
  if (!fields) return null
  return {
    number: fields.text('number'),
    scanned: fields.text('scanned'),
    scan: takenScan(fields.group('scan')),
  }
}

function labelOrNull(state: Fields): StationState['label'] {
  const fields = state.groupOrNull('label')
  return fields ? { parts: fields.groups('parts').map(takenScan), isRepeat: fields.flag('isRepeat') } : null
}

function begunOrder(fields: Fields): BegunOrder {
  return {
    number: fields.text('number'),
    scanned: fields.text('scanned'),
    standing: fields.word('standing', STANDINGS),
  }
}

function commitOrNull(state: Fields): Commit | null {
  const fields = state.groupOrNull('commit')
  if (!fields) return null
  const machineOrder = fields.groupOrNull('machineOrder')
  return {
    at: instant(fields, 'at'),
    operator: fields.number('operator'),
    rows: fields.groups('rows').map((row) => ({ at: row.text('at'), data: row.text('data') })),
    moved: fields.groups('moved').map((one) => {
      const before = one.groupOrNull('before')
      return { number: one.text('number'), before: before ? begunOrder(before) : null }
    }),
    machineOrder: machineOrder
      ? { before: machineOrder.textOrNull('before'), after: machineOrder.textOrNull('after') }
      : null,
    final: fields.wordOrNull('final', REASONS),
  }
}

/** A reason that this version does not know is no longer counted. */
function refused(state: Fields): StationState['refused'] {
  const fields = state.group('refused')
  const counts = REASONS.flatMap((reason) => {
    const one = fields.groupOrNull(reason)
    return one ? [[reason, { count: one.number('count'), lastMs: one.number('lastMs') }] as const] : []
  })
  return Object.fromEntries(counts)
}
