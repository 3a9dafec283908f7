import type { MachineEvent } from '../../src/domain/events/machine.ts'
import type { MachineStanding } from '../../src/domain/scan.ts'
import type { Learnt } from './station-oracle.ts'

export interface Told {
  readonly at: number
  readonly learnt: Learnt
  readonly standing: MachineStanding | null
  readonly made: readonly MachineEvent[]
}

export function machineBreaches(
  _told: readonly Told[],
  _events: readonly MachineEvent[],
  _startMs: number,
): readonly string[] {
  return []
}
