/** Why what was read by hand cannot be right, as far as looking around can tell. */
import type { SignalSpec } from '../../domain/signal.ts'
import { isBitArea, type ModbusAddress } from '../../drivers/modbus/address.ts'
import type { UnitReader } from '../../drivers/modbus/unit-reader.ts'
import { lookAround } from './look-around.ts'
import type { ReadRegisters } from './read.ts'
import type { WantedRegisters } from './wanted.ts'

/**
 * A line for each cause that may be it; none where nothing is odd.
 * @throws LinkLost
 */
export async function explainSignal(
  unit: UnitReader,
  wanted: WantedRegisters,
  { registers, signal }: ReadRegisters,
): Promise<readonly string[]> {
  const isMissing = registers.some(({ why }) => why !== undefined)
  if (signal && wanted.signal) {
    const isOdd = signal.doubt !== undefined || isUnnamed(wanted.signal, signal.value)
    if (isOdd)
      return await lookAround(unit, wanted.signal, { raw: signal.raw, isMissing: signal.raw === null })
  }
  if (signal || !isMissing || registers.length > 1) return []
  return await lookAround(unit, plainSpec(wanted), { raw: null, isMissing })
}

/** Whether a signal with names shows a number that has none. */
export function isUnnamed({ names }: Pick<SignalSpec, 'names'>, value: unknown): boolean {
  return names !== undefined && value !== null && typeof value !== 'string'
}

function plainSpec({ area, start, written, bit }: WantedRegisters): SignalSpec<ModbusAddress> {
  const type = isBitArea(area) || bit !== undefined ? 'bit' : 'u16'
  return { name: written, type, address: { area, wire: start, ...(bit === undefined ? {} : { bit }) } }
}
