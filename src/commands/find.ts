/** `millrace find`: what a machine's display shows, and where in the device that may stand. */
import { parseArgs } from 'node:util'
import type { DriverContext } from '../domain/driver.ts'
import { type Area, isBitArea, parseModbusAddress } from '../drivers/modbus/address.ts'
import { isModbusDriver } from '../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../drivers/modbus/settings.ts'
import { parseOpcUaAddress } from '../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../drivers/opcua/driver.ts'
import { OBJECTS } from '../drivers/opcua/explore/explorer.ts'
import type { OpcUaSettings } from '../drivers/opcua/settings.ts'
import type { AskedDevice } from '../workbench/asked-device.ts'
import { type Displayed, readDisplayed } from '../workbench/display.ts'
import { confirmNodes, nodesShowing } from '../workbench/nodes/find.ts'
import { walk } from '../workbench/nodes/walk.ts'
import { confirmRegisters, searchRegisters } from '../workbench/registers/find.ts'
import type { RegisterRange } from '../workbench/registers/scan.ts'
import { atDevice, DEVICE_OPTIONS, DEVICE_USAGE, durationOf, usable } from './at-device.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { foundNodesText, foundRegistersText, searchedText } from './find-text.ts'
import { jsonValue } from './read.ts'

const OPTIONS = {
  ...DEVICE_OPTIONS,
  from: { type: 'string' },
  to: { type: 'string' },
  // biome-ignore lint/suspicious/noThenProperty: the option is called --then; nothing awaits this object
  then: { type: 'string' },
  after: { type: 'string', default: '10s' },
} as const

const FOUND = 0
const NOT_FOUND = 1
/** Without a range: most devices have their values among these. */
const FIRST_REGISTERS = 200
const RANGE_MAX = 10_000
/** Quiet time before each request, so that a small PLC has time for its own work. */
const PAUSE_MS = 20
const NODES = { depth: 10, nodesMax: 5_000 } as const

export const findCommand: Command = {
  name: 'find',
  summary: "finds where in a device a value of the machine's display stands",
  usage: `millrace find URL VALUE [--from ADDRESS --to ADDRESS] [--then VALUE] [--after 10s] [--json]
${DEVICE_USAGE}
    VALUE: what the display shows, with all its decimals: 230.5
    --from 40001 --to 40400: where to search; else the first ${FIRST_REGISTERS} holding and input registers
    --from NODE: of an OPC UA server, below which node
    --then VALUE: what the display will show after --after, when all is read again; else what has moved is told
    --after 10s: how long to wait before; 0s reads only once`,
  exits: [
    '0 places were found',
    '1 none was found, or the device cannot be read',
    '2 the call cannot be understood',
  ],
  example: 'millrace find modbus://10.20.3.17/1 230.5 --from 30001 --to 30100',
  page: 'docs/technicians.md',
  run: find,
}

interface Search {
  readonly asked: AskedDevice
  readonly displayed: Displayed
  /** What the display shows the second time, as far as somebody said. */
  readonly later: Displayed | undefined
  readonly afterMs: number
  readonly from: string | undefined
  readonly to: string | undefined
  readonly isJson: boolean
  readonly context: DriverContext
  readonly command: CommandContext
}

async function find(command: CommandContext): Promise<number> {
  const { args } = command
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [url, value, ...more] = positionals
  if (url === undefined) throw new UsageError('name the device, as in modbus://10.20.3.17/1')
  if (value === undefined) throw new UsageError('write what the display shows, as in 230.5')
  if (more.length > 0) throw new UsageError(`one value at a time, and not "${more.join(' ')}" as well`)
  const displayed = usable(() => readDisplayed(value))
  const later = values.then === undefined ? undefined : usable(() => readDisplayed(values.then ?? ''))
  const afterMs = durationOf('--after', values.after)
  return await atDevice(url, values, command, async ({ asked, context }) => {
    const { from, to, json } = values
    const search = { asked, displayed, later, afterMs, from, to, isJson: json === true, context, command }
    if (isModbusDriver(asked.driver)) return await findRegister(search)
    if (isOpcUaDriver(asked.driver)) return await findNode(search)
    throw new UsageError(`nothing can be searched in ${asked.driver.protocol}`)
  })
}

async function findRegister(search: Search): Promise<number> {
  const { asked, displayed, later, afterMs, context, command, isJson } = search
  const { driver, name } = asked
  if (!isModbusDriver(driver)) return NOT_FOUND
  const settings = asked.settings as ModbusSettings
  const ranges = usable(() => rangesOf(search, settings))
  const patient = { ...settings, pauseMs: Math.max(settings.pauseMs, PAUSE_MS) }
  await using unit = await driver.openUnit(name, patient, context, command.signal)
  const first = await searchRegisters(unit, ranges, displayed)
  const mustWait = first.places.length > 0 && afterMs > 0
  if (mustWait) await wait(search, first.places.length)
  const found = mustWait && !command.signal.aborted ? await confirmRegisters(unit, first, later) : first
  if (isJson) command.out(`${JSON.stringify(found, jsonValue)}\n`)
  else command.out(`${searchedText(found.searched)}${foundRegistersText(found.places)}`)
  return found.places.length > 0 ? FOUND : NOT_FOUND
}

async function findNode(search: Search): Promise<number> {
  const { asked, displayed, later, afterMs, from, context, command, isJson } = search
  const { driver, name } = asked
  if (!isOpcUaDriver(driver)) return NOT_FOUND
  const below = from === undefined ? OBJECTS : usable(() => parseOpcUaAddress(from))
  await using explorer = await driver.explore(name, asked.settings as OpcUaSettings, context, command.signal)
  const { nodes, isCut } = await walk(explorer, below, NODES)
  const first = nodesShowing(nodes, displayed)
  const mustWait = first.length > 0 && afterMs > 0
  if (mustWait) await wait(search, first.length)
  const found = mustWait && !command.signal.aborted ? await confirmNodes(explorer, first, later) : first
  if (isJson) command.out(`${JSON.stringify({ found, searched: nodes.length, isCut }, jsonValue)}\n`)
  else command.out(foundNodesText(found, nodes.length, isCut))
  return found.length > 0 ? FOUND : NOT_FOUND
}

async function wait({ afterMs, later, context, command }: Search, count: number): Promise<void> {
  const places = count === 1 ? '1 place shows it' : `${count} places show it`
  const next = later ? 'change the machine to what you gave with --then' : 'let the machine go on'
  command.err(`${places} now; all are read again in ${afterMs / 1_000} s: ${next}\n`)
  await context.sleep(afterMs, command.signal)
}

function rangesOf({ from, to }: Search, settings: ModbusSettings): readonly RegisterRange[] {
  if (from === undefined && to === undefined) {
    const areas: readonly Area[] = ['holding', 'input']
    return areas.map((area) => ({ area, start: 0, count: FIRST_REGISTERS }))
  }
  if (from === undefined) throw new UsageError('--to needs --from')
  const first = parseModbusAddress(from, {}, settings)
  if (isBitArea(first.area)) {
    throw new UsageError(
      `a bit is on or off in too many places; watch it with: millrace read URL ${from} --watch`,
    )
  }
  const last = to === undefined ? undefined : parseModbusAddress(to, {}, settings)
  const count = last ? last.wire - first.wire + 1 : Math.min(FIRST_REGISTERS, 0x10000 - first.wire)
  if ((last && last.area !== first.area) || count < 1) {
    throw new UsageError('--from and --to are two addresses of one area, the lower one first')
  }
  if (count > RANGE_MAX) throw new UsageError(`${count} addresses are too many at once: at most ${RANGE_MAX}`)
  return [{ area: first.area, start: first.wire, count }]
}
