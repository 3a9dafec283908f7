/** Registers and nodes at this moment, in every way in which they may be meant, as signals to put into a map. */
import type { z } from 'zod'
import { ApiRefusal } from '../../console/refusal.ts'
import { shortNumber } from '../../domain/misread.ts'
import type { SignalValue } from '../../domain/signal.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../../drivers/modbus/settings.ts'
import { parseOpcUaAddress } from '../../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../../drivers/opcua/driver.ts'
import type { ExploredValue, OpcUaExplorer } from '../../drivers/opcua/explore/explorer.ts'
import type { OpcUaSettings } from '../../drivers/opcua/settings.ts'
import { explainNode } from '../../workbench/nodes/explain.ts'
import type { RegisterDecoding } from '../../workbench/registers/decodings.ts'
import { explainSignal } from '../../workbench/registers/explain.ts'
import { type ReadRegister, readRegisters } from '../../workbench/registers/read.ts'
import { wantedRegisters } from '../../workbench/registers/wanted.ts'
import { type Asked, askedDevice, bounded, orRefusal } from './asked.ts'
import { type ConnectParts, driverContext } from './parts.ts'
import type { Decoding, ReadNow, readAsk } from './shapes.ts'

type ReadValue = ReadNow['values'][number]

interface Reading {
  readonly addresses: readonly string[]
  readonly scale: number
  readonly offset: number
}

export async function readNow(
  { device, ...reading }: z.output<typeof readAsk>,
  parts: ConnectParts,
  caller: AbortSignal,
): Promise<ReadNow> {
  const signal = bounded(caller)
  return await orRefusal(async () => {
    const asked = askedDevice(device, parts)
    const at = new Date(parts.clock.now().wallMs).toISOString()
    if (isModbusDriver(asked.driver)) return { at, values: await readUnit(asked, reading, parts, signal) }
    if (isOpcUaDriver(asked.driver)) return { at, values: await readServer(asked, reading, parts, signal) }
    const hint = 'what is published is heard under topics'
    throw new ApiRefusal(422, 'connect-read', `nothing can be read of ${asked.driver.protocol} by hand`, {
      hint,
    })
  })
}

async function readUnit(
  { driver, settings, name }: Asked,
  reading: Reading,
  parts: ConnectParts,
  signal: AbortSignal,
): Promise<ReadValue[]> {
  if (!isModbusDriver(driver)) return []
  const wanted = reading.addresses.map((written) =>
    wantedRegisters(written, settings as ModbusSettings, undefined),
  )
  await using unit = await driver.openUnit(name, settings as ModbusSettings, driverContext(parts), signal)
  const values: ReadValue[] = []
  for (const one of wanted) {
    const found = await readRegisters(unit, one, { order: undefined })
    const causes = await explainSignal(unit, one, found)
    values.push(...found.registers.map((register) => registerValue(one.written, register, causes, reading)))
  }
  return values
}

function registerValue(
  asked: string,
  register: ReadRegister,
  causes: readonly string[],
  reading: Reading,
): ReadValue {
  const { address, raw = null, bits = null, why, text, swappedText } = register
  const at = address.split(' ')[0] ?? address
  return {
    asked,
    address,
    raw,
    bits,
    decodings: [
      ...register.decodings.map((one) => decodingOnWire(one, at, reading)),
      ...(bits === null && raw !== null ? [bitDecoding(raw, at)] : []),
    ],
    text: text ?? swappedText ?? null,
    quality: why === undefined ? 'good' : 'bad',
    why: why ?? null,
    causes: why === undefined ? [] : [...causes],
  }
}

function bitDecoding(raw: string, at: string): Decoding {
  return {
    type: 'bit',
    word_order: null,
    value: raw,
    scaled: null,
    is_plausible: true,
    keys: { at, type: 'bit' },
  }
}

function decodingOnWire(
  { type, order, value, isPlausible }: RegisterDecoding,
  at: string,
  { scale, offset }: Reading,
): Decoding {
  const isScaled = scale !== 1 || offset !== 0
  return {
    type,
    word_order: order ?? null,
    value: shownText(value),
    scaled: isScaled ? shortNumber(Number(value) * scale + offset) : null,
    is_plausible: isPlausible,
    keys: {
      at,
      type,
      ...(order !== undefined && order !== 'ABCD' && { word_order: order }),
      ...(scale !== 1 && { scale }),
      ...(offset !== 0 && { offset }),
    },
  }
}

export function shownText(value: SignalValue): string {
  return typeof value === 'number' && !Number.isInteger(value) ? shortNumber(value) : String(value)
}

async function readServer(
  { driver, settings, name }: Asked,
  { addresses, scale, offset }: Reading,
  parts: ConnectParts,
  signal: AbortSignal,
): Promise<ReadValue[]> {
  if (!isOpcUaDriver(driver)) return []
  const nodes = addresses.map((written) => parseOpcUaAddress(written))
  await using explorer = await driver.explore(name, settings as OpcUaSettings, driverContext(parts), signal)
  const values: ReadValue[] = []
  for (const [n, value] of (await explorer.readWritten(nodes)).entries())
    values.push(await nodeValue(explorer, addresses[n] ?? '', value, { addresses, scale, offset }))
  return values
}

async function nodeValue(
  explorer: OpcUaExplorer,
  asked: string,
  explored: ExploredValue,
  { scale, offset }: Reading,
): Promise<ReadValue> {
  const { node, value, shown, type, quality, detail, status } = explored
  const isScaled = (scale !== 1 || offset !== 0) && (typeof value === 'number' || typeof value === 'bigint')
  const keys = {
    node,
    ...(isScaled && scale !== 1 && { scale }),
    ...(isScaled && offset !== 0 && { offset }),
  }
  return {
    asked,
    address: node,
    raw: shown === '' ? null : shown,
    bits: null,
    decodings:
      value === null || type === undefined
        ? []
        : [
            {
              type,
              word_order: null,
              value: shownText(value),
              scaled: isScaled ? shortNumber(Number(value) * scale + offset) : null,
              is_plausible: true,
              keys,
            },
          ],
    text: typeof value === 'string' ? value : null,
    quality,
    why: quality === 'good' ? null : (detail ?? status),
    causes: quality === 'good' ? [] : [...(await explainNode(explorer, explored))],
  }
}
