/**
 * PackML: how two standards number its states, and the acting states between two wait states.
 *
 * A real unit shows Idle for one scan of its PLC between Resetting and Starting. This one does not, because the gateway
 * would see a status that the ground truth does not contain.
 */
import type { Situation } from '../panel.ts'
import type { PackmlSpec } from '../scenario.ts'

type ActingState =
  | 'clearing'
  | 'starting'
  | 'stopping'
  | 'aborting'
  | 'holding'
  | 'unholding'
  | 'suspending'
  | 'unsuspending'
  | 'resetting'
  | 'completing'
export type WaitState = 'stopped' | 'idle' | 'suspended' | 'execute' | 'aborted' | 'held'

type StateNumbers = Readonly<Record<ActingState | WaitState, number>>

/** ISA-TR88.00.02, as OPC 30050 has them. */
const TR88: StateNumbers = {
  clearing: 1,
  stopped: 2,
  starting: 3,
  idle: 4,
  suspended: 5,
  execute: 6,
  stopping: 7,
  aborting: 8,
  aborted: 9,
  holding: 10,
  held: 11,
  unholding: 12,
  suspending: 13,
  unsuspending: 14,
  resetting: 15,
  completing: 16,
}

/** OPC 30060, tobacco machines, table 203. */
const TMC: StateNumbers = {
  stopped: 0,
  resetting: 1,
  idle: 2,
  starting: 3,
  execute: 4,
  completing: 5,
  aborting: 7,
  aborted: 8,
  stopping: 9,
  clearing: 10,
  suspending: 11,
  suspended: 12,
  unsuspending: 13,
  holding: 14,
  held: 15,
  unholding: 16,
}

export const STATE_NUMBERS: Readonly<Record<PackmlSpec['states'], StateNumbers>> = {
  'packml-tr88': TR88,
  'packml-tmc': TMC,
}

const PRODUCTION = 1
const MAINTENANCE = 2
const MANUAL = 3

export function unitMode({ state }: Situation): number {
  if (state === 'maintenance') return MAINTENANCE
  return state === 'setup' ? MANUAL : PRODUCTION
}

/** The wait state (or Execute) in which a unit is in a situation. For a fault, its line in the table says which one. */
export function waitState({ state, fault }: Situation, faults: PackmlSpec['faults']): WaitState {
  switch (state) {
    case 'running':
      return 'execute'
    case 'idle':
      return 'idle'
    case 'starved':
      return 'suspended'
    case 'down':
      return faults[String(fault)]?.stop ?? 'aborted'
    default:
      return 'stopped'
  }
}

/** From each state back to Execute. */
const TO_EXECUTE: Readonly<Record<WaitState, readonly ActingState[]>> = {
  execute: [],
  idle: ['starting'],
  suspended: ['unsuspending'],
  held: ['unholding'],
  stopped: ['resetting', 'starting'],
  aborted: ['clearing', 'resetting', 'starting'],
}

/** From Execute into each state. */
const FROM_EXECUTE: Readonly<Record<WaitState, readonly ActingState[]>> = {
  execute: [],
  idle: ['completing', 'resetting'],
  suspended: ['suspending'],
  held: ['holding'],
  stopped: ['stopping'],
  aborted: ['aborting'],
}

/** The acting states that lead from one wait state to another; none where both are the same. */
export function actingPath(from: WaitState, to: WaitState): readonly ActingState[] {
  if (from === to) return []
  if (to === 'aborted') return ['aborting']
  if (to === 'stopped') return from === 'aborted' ? ['clearing'] : ['stopping']
  if (to === 'idle' && (from === 'aborted' || from === 'stopped')) {
    return TO_EXECUTE[from].filter((state) => state !== 'starting')
  }
  return [...TO_EXECUTE[from], ...FROM_EXECUTE[to]]
}
