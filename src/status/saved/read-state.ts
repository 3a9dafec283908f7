/**
 * Reads the state of a machine as an earlier run saved it, in whatever version.
 * Each field is checked, because what is read here decides how the open interval ends.
 */
import type { Fields } from '../../domain/events/fields.ts'
import { instantOrNull, readSavedState, type StateRead } from '../../domain/saved-state.ts'
import { NOTHING_SAID } from '../people/said.ts'
import { isOpen, type MachineState, type Phase, STATE_VERSION } from '../state.ts'
import { course } from './courses.ts'
import { codeAge, interval, marker, PHASES, plannedTurn, stopOrNull, unsettledOrNull } from './parts.ts'
import { lastStopOrNull, said } from './people.ts'
import { phase0 } from './version-0.ts'
import { phase1 } from './version-1.ts'

/** @param saved as JSON gave it */
export function readState(saved: unknown): StateRead<MachineState> {
  return readSavedState(saved, stateOf)
}

/** Whether a saved state has a row that nobody has ended. */
export function hasOpenRow(saved: unknown): boolean {
  const read = readState(saved)
  return read.kind === 'read' && isOpen(read.state.phase)
}

function stateOf(fields: Fields): MachineState {
  if (fields.v === 0 || fields.v === 1) return stateBefore2(fields)
  // What version 3 has more is about people, and version 2 knew none; what version 4 has more, version 3 knew nothing of.
  if (![2, 3, STATE_VERSION].includes(fields.v)) fields.refuseVersion(STATE_VERSION)
  return {
    ...sums(fields),
    phase: phase(fields),
    lastSeen: instantOrNull(fields, 'lastSeen'),
    doubtedMs: fields.numberOrNull('doubtedMs') ?? 0,
    orderAwaitedBy: fields.numberOrNull('orderAwaitedBy'),
    transientSince: instantOrNull(fields, 'transientSince'),
    codes: fields.groups('codes').map(codeAge),
    doubtedCounts: fields.v === STATE_VERSION ? fields.numbers('doubtedCounts') : {},
    courses: fields.v === STATE_VERSION ? fields.groups('courses').map(course) : [],
    said: said(fields),
    lastStop: lastStopOrNull(fields),
    isInService: fields.v === 2 || fields.flag('isInService'),
    planned: fields.groups('planned').map(plannedTurn),
  }
}

/** Up to version 1 a state named the boot of all its moments. */
function stateBefore2(fields: Fields): MachineState {
  const boot = fields.text('bootId')
  return {
    ...sums(fields),
    phase: fields.v === 0 ? phase0(fields, boot) : phase1(fields, boot),
    lastSeen: instantOrNull(fields, 'lastSeen', boot),
    doubtedMs: 0,
    orderAwaitedBy: null,
    transientSince: null,
    codes: [],
    courses: [],
    doubtedCounts: {},
    said: NOTHING_SAID,
    lastStop: null,
    isInService: true,
    planned: [],
  }
}

/** What is the same in all versions. */
function sums(
  fields: Fields,
): Pick<MachineState, 'v' | 'lastStampMs' | 'carryMs' | 'downtimeCarryMs' | 'counters'> {
  return {
    v: STATE_VERSION,
    lastStampMs: fields.number('lastStampMs'),
    carryMs: fields.numbers('carryMs'),
    downtimeCarryMs: fields.numbers('downtimeCarryMs'),
    counters: fields.numbers('counters'),
  }
}

function phase(state: Fields): Phase {
  const fields = state.group('phase')
  const kind = fields.word('kind', PHASES)
  switch (kind) {
    case 'unknown':
      return { kind, unsettled: unsettledOrNull(fields) }
    case 'seen':
      return {
        kind,
        interval: interval(fields),
        stop: stopOrNull(fields),
        unsettled: unsettledOrNull(fields),
      }
    case 'hold':
      return { kind, interval: interval(fields), stop: stopOrNull(fields) }
    case 'gap':
      return { kind, marker: marker(fields) }
  }
}
