/** `millrace read`: registers or nodes of a device at this moment, with all that they may mean. */
import { parseArgs } from 'node:util'
import type { DriverContext } from '../domain/driver.ts'
import { isModbusDriver } from '../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../drivers/modbus/settings.ts'
import { parseOpcUaAddress } from '../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../drivers/opcua/driver.ts'
import type { OpcUaSettings } from '../drivers/opcua/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import type { AskedDevice } from '../workbench/asked-device.ts'
import { explainNode } from '../workbench/nodes/explain.ts'
import { explainSignal } from '../workbench/registers/explain.ts'
import { readRegisters } from '../workbench/registers/read.ts'
import { type WantedRegisters, wantedRegisters } from '../workbench/registers/wanted.ts'
import { atDevice, DEVICE_OPTIONS, DEVICE_USAGE, usable } from './at-device.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { nodeText, registersText } from './read-text.ts'

const OPTIONS = {
  ...DEVICE_OPTIONS,
  scale: { type: 'string' },
  offset: { type: 'string' },
  watch: { type: 'boolean' },
} as const

const ALL_READ = 0
const SOME_NOT = 1
const WATCH_MS = 1_000

export const readCommand: Command = {
  name: 'read',
  summary: 'reads registers or nodes of a device now, in every way in which they may be meant',
  usage: `millrace read URL ADDRESS… [--watch] [--json]
${DEVICE_USAGE}
    ADDRESS: 40101, 40101-40120, 30001, HR100, 0x0064, 40101:12, 40120/20 (a text), nsu=URI;s=NAME,
             or a signal of the machine's map
    --scale 0.1, --offset 20: shown beside each value
    --watch: again every second, until Ctrl-C`,
  exits: [
    '0 all was read',
    '1 something cannot be read: the text says why',
    '2 the call cannot be understood',
  ],
  example: 'millrace read modbus://10.20.3.17/1 40101-40110',
  page: 'docs/technicians.md',
  run: read,
}

async function read(command: CommandContext): Promise<number> {
  const { args, signal } = command
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [url, ...addresses] = positionals
  if (url === undefined) throw new UsageError('name the device, as in modbus://10.20.3.17/1')
  return await atDevice(url, values, command, async ({ asked, context }) => {
    const look = lookAt(asked, addresses, { command, context, values })
    let code = await look()
    while (values.watch && !signal.aborted) {
      await systemClock.sleep(WATCH_MS, signal)
      if (!signal.aborted) code = await look()
    }
    return code
  })
}

interface Reading {
  readonly command: CommandContext
  readonly context: DriverContext
  readonly values: {
    readonly json?: boolean | undefined
    readonly scale?: string | undefined
    readonly offset?: string | undefined
    readonly 'word-order'?: string | undefined
  }
}

/** What is to be looked at, understood once. */
function lookAt(asked: AskedDevice, addresses: readonly string[], reading: Reading): () => Promise<number> {
  const { driver, settings, device } = asked
  const named = addresses.length > 0 ? addresses : (device?.signals.map(({ name }) => name) ?? [])
  if (named.length === 0) throw new UsageError('name an address, as in 40101')
  if (isModbusDriver(driver)) {
    const wanted = named.map((one) => usable(() => wantedRegisters(one, settings as ModbusSettings, device)))
    return () => readUnit(asked, wanted, reading)
  }
  if (!isOpcUaDriver(driver))
    throw new UsageError(
      `nothing can be read of ${driver.protocol} by hand; what is published shows: millrace browse`,
    )
  return () => readServer(asked, named, reading)
}

async function readUnit(
  asked: AskedDevice,
  all: readonly WantedRegisters[],
  reading: Reading,
): Promise<number> {
  const { driver, name } = asked
  const { command, context, values } = reading
  const { out, signal } = command
  if (!isModbusDriver(driver)) return SOME_NOT
  const settings = asked.settings as ModbusSettings
  const scaling = {
    scale: numberOf('--scale', values.scale, 1),
    offset: numberOf('--offset', values.offset, 0),
  }
  // A map's own word order decodes its signals; all four are shown besides, unless one is asked for.
  const order = values['word-order'] === undefined ? undefined : settings.wordOrder
  await using unit = await driver.openUnit(name, settings, context, signal)
  let isWhole = true
  for (const wanted of all) {
    const found = await readRegisters(unit, wanted, { order })
    const why = await explainSignal(unit, wanted, found)
    isWhole &&= found.registers.every((register) => register.why === undefined)
    if (values.json) out(`${JSON.stringify({ ...found, explained: why }, jsonValue)}\n`)
    else out(registersText(found, scaling) + why.map((line) => `  ${line}\n`).join(''))
  }
  return isWhole ? ALL_READ : SOME_NOT
}

async function readServer(asked: AskedDevice, named: readonly string[], reading: Reading): Promise<number> {
  const { driver, name, settings, device } = asked
  const { command, context, values } = reading
  const { out, signal } = command
  if (!isOpcUaDriver(driver)) return SOME_NOT
  const addresses = named.map((one) => {
    const spec = device?.signals.find((signal) => signal.name === one)
    return spec
      ? (spec.address as ReturnType<typeof parseOpcUaAddress>)
      : usable(() => parseOpcUaAddress(one))
  })
  await using explorer = await driver.explore(name, settings as OpcUaSettings, context, signal)
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  let isWhole = true
  for (const value of await explorer.readWritten(addresses)) {
    const why = value.quality === 'good' ? [] : await explainNode(explorer, value)
    isWhole &&= value.quality === 'good'
    if (values.json) out(`${JSON.stringify({ ...value, explained: why }, jsonValue)}\n`)
    else {
      const text = nodeText(value, timeZone, systemClock.now().wallMs)
      out(text + why.map((line) => `  ${line}\n`).join(''))
    }
  }
  return isWhole ? ALL_READ : SOME_NOT
}

/** JSON has no whole numbers of 64 bits, and nothing for what is no number. */
export function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
    ? String(value)
    : value
}

function numberOf(option: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent
  const number = Number(text.replace(',', '.'))
  if (text.trim() === '' || !Number.isFinite(number))
    throw new UsageError(`${option} takes a number, and not "${text}"`)
  return number
}
