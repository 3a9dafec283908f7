/** Which registers a technician asks to see: `40101`, `40101-40120`, `30001..30010`, `40120/20`, or a signal of the map. */

import { wordHint } from '../../documents/nearest-word.ts'
import type { Device } from '../../domain/device.ts'
import type { SignalSpec } from '../../domain/signal.ts'
import { isBitArea, type ModbusAddress, parseModbusAddress, sizeOf } from '../../drivers/modbus/address.ts'
import type { ModbusSettings } from '../../drivers/modbus/settings.ts'
import { WorkbenchFault } from '../asked-device.ts'
import type { RegisterRange } from './scan.ts'

/** What is to be read for one word of the command. */
export interface WantedRegisters extends RegisterRange {
  /** As it was written. */
  readonly written: string
  /** Where one was named: the signal of the map. */
  readonly signal: SignalSpec<ModbusAddress> | undefined
  /** A bit of the register, where one was named. */
  readonly bit: number | undefined
}

/** A register alone is read with those behind it, so that it can be shown as a value of 32 and 64 bits as well. */
const WIDEST = 4
const WIRE_MAX = 0xffff
const RANGE_MAX = 1_000

/** @throws AddressFault, WorkbenchFault */
export function wantedRegisters(
  written: string,
  settings: ModbusSettings,
  device: Device | undefined,
): WantedRegisters {
  const signal = device?.signals.find(({ name }) => name === written) as SignalSpec<ModbusAddress> | undefined
  if (signal) return ofSignal(written, signal)
  if (device) refuseUnknownSignal(written, device)
  const [from = '', to] = written.split(/\.\.|-(?=[\dA-Za-z%])/, 2)
  const { bit, ...first } = addressOf(from, settings)
  if (to === undefined) {
    const { area, wire, chars } = first
    const count = chars !== undefined ? Math.ceil(chars / 2) : isBitArea(area) ? 1 : WIDEST
    return { written, area, start: wire, count: Math.min(count, WIRE_MAX + 1 - wire), signal: undefined, bit }
  }
  const last = addressOf(to, settings)
  const count = last.wire - first.wire + 1
  if (last.area !== first.area || count < 1) {
    throw new WorkbenchFault(
      `"${written}" is no range`,
      'write the lower address first, and both of one area: 40101-40120',
    )
  }
  if (count > RANGE_MAX)
    throw new WorkbenchFault(`"${written}" are ${count} addresses`, `at most ${RANGE_MAX} at once`)
  return { written, area: first.area, start: first.wire, count, signal: undefined, bit: undefined }
}

/** A word without a digit is no address in any notation, so that a signal is meant. */
function refuseUnknownSignal(written: string, { signals }: Device): void {
  if (/\d/.test(written)) return
  throw new WorkbenchFault(
    `the map has no signal "${written}"`,
    wordHint(
      written,
      signals.map(({ name }) => name),
    ),
  )
}

function ofSignal(written: string, signal: SignalSpec<ModbusAddress>): WantedRegisters {
  const { address, type = 'u16' } = signal
  const count = isBitArea(address.area) ? 1 : Math.max(sizeOf(address, type), WIDEST)
  const fits = Math.min(count, WIRE_MAX + 1 - address.wire)
  return { written, area: address.area, start: address.wire, count: fits, signal, bit: address.bit }
}

function addressOf(text: string, settings: ModbusSettings): ModbusAddress {
  return parseModbusAddress(text.trim(), { type: undefined }, settings)
}
