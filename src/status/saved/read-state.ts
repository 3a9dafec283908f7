/**
 * Reads the state of a machine as an earlier run saved it, in whatever version. Each field is checked, because what is
 * read here decides how the open interval ends. It never throws: what cannot be read is named with its place.
 */
import { Fields, Unreadable } from '../../domain/events/fields.ts'
import { type MachineState, STATE_VERSION } from '../state.ts'
import { candidateOrNull, instant, instantOrNull, interval, stopOrNull, word } from './parts.ts'
import { phase0 } from './version-0.ts'

type StateRead =
  | { readonly kind: 'read'; readonly state: MachineState }
  /** `why` names the place: `state: phase: interval: "since" is missing`. */
  | { readonly kind: 'unreadable'; readonly why: string }

/** @param saved as JSON gave it */
export function readState(saved: unknown): StateRead {
  try {
    return { kind: 'read', state: stateOf(saved) }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { kind: 'unreadable', why: error.message }
  }
}

function stateOf(saved: unknown): MachineState {
  if (typeof saved !== 'object' || saved === null || Array.isArray(saved))
    throw new Unreadable('state: it is no group of fields')
  const fields = new Fields('state', saved as Readonly<Record<string, unknown>>)
  if (fields.v !== 0 && fields.v !== STATE_VERSION) {
    throw new Unreadable(
      `state: written in version ${fields.v}, and this program knows up to ${STATE_VERSION}`,
    )
  }
  return {
    v: STATE_VERSION,
    bootId: fields.text('bootId'),
    phase: fields.v === 0 ? phase0(fields) : phase(fields),
    lastSeen: instantOrNull(fields, 'lastSeen'),
    lastStampMs: fields.number('lastStampMs'),
    carryMs: fields.numbers('carryMs'),
    downtimeCarryMs: fields.numbers('downtimeCarryMs'),
    counters: fields.numbers('counters'),
  }
}

const PHASES = ['unknown', 'seen', 'hold', 'gap'] as const

function phase(state: Fields): MachineState['phase'] {
  const fields = state.group('phase')
  const kind = word(fields, 'kind', PHASES)
  switch (kind) {
    case 'unknown':
      return { kind, candidate: candidateOrNull(fields) }
    case 'seen':
      return {
        kind,
        interval: interval(fields),
        stop: stopOrNull(fields),
        candidate: candidateOrNull(fields),
      }
    case 'hold':
      return { kind, interval: interval(fields), stop: stopOrNull(fields) }
    case 'gap': {
      const marker = fields.group('marker')
      return { kind, marker: { stampMs: marker.number('stampMs'), since: instant(marker, 'since') } }
    }
  }
}
