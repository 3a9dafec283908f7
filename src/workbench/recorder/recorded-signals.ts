/** Which signals are recorded in a teach-in: those that somebody named, and every register, bit or node of a range. */
import type { Driver, DriverContext } from '../../domain/driver.ts'
import type { SignalSpec } from '../../domain/signal.ts'
import { addressText, isBitArea, type ModbusAddress } from '../../drivers/modbus/address.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../../drivers/modbus/settings.ts'
import { parseOpcUaAddress } from '../../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../../drivers/opcua/driver.ts'
import type { OpcUaSettings } from '../../drivers/opcua/settings.ts'
import { WorkbenchFault } from '../asked-device.ts'
import { nodeName } from '../nodes/find.ts'
import { type TreeNode, walk } from '../nodes/walk.ts'
import { scan } from '../registers/scan.ts'
import { wantedRegisters } from '../registers/wanted.ts'
import type { SignalKeys, Track } from '../teach/recording.ts'

/** A signal with what a map would say of it. */
export interface RecordedSignal {
  readonly spec: SignalSpec
  readonly keys: SignalKeys
  readonly isNamed: boolean
  /** In every form that a manual may use. */
  readonly address: string
  readonly bitKeys?: Track['bitKeys'] & {}
}

interface Scanned {
  readonly signals: readonly RecordedSignal[]
  /** How many were asked for that the device does not have. */
  readonly leftOut: number
}

interface Scanning {
  readonly driver: Driver
  readonly settings: unknown
  readonly context: DriverContext
  readonly signal: AbortSignal
}

/** More at once would make the reading slow, and nobody looks through so many. */
const REGISTERS_MAX = 500
const BITS_MAX = 1_000
const REQUESTS_MAX = 300
const NODES_MAX = 300
const NODES = { depth: 6, nodesMax: 1_500 } as const

/**
 * Looks which of the registers of a range there are.
 * @throws LinkLost, AddressFault, WorkbenchFault
 */
export async function scanRegisters(
  ranges: readonly string[],
  { driver, settings, context, signal }: Scanning,
): Promise<Scanned> {
  if (!isModbusDriver(driver))
    throw new WorkbenchFault('only registers are recorded by their addresses', 'name nodes')
  const modbus = settings as ModbusSettings
  const wanted = ranges.map((written) => wantedRegisters(written, modbus, undefined))
  const count = wanted.reduce(
    (sum, one) => sum + one.count / (isBitArea(one.area) ? BITS_MAX : REGISTERS_MAX),
    0,
  )
  if (count > 1)
    throw new WorkbenchFault(
      'too many registers at once',
      `at most ${REGISTERS_MAX} registers, or ${BITS_MAX} bits`,
    )
  await using unit = await driver.openUnit('the scan', modbus, context, signal)
  const found = new Map<string, RecordedSignal>()
  let leftOut = 0
  for (const range of wanted) {
    const blockMax = isBitArea(range.area) ? modbus.maxBits : modbus.maxRegisters
    const addresses = await scan(unit, range, { blockMax, requestsMax: REQUESTS_MAX, isQuick: true })
    for (const [wire, cell] of addresses) {
      const one = registerSignal({ area: range.area, wire })
      if ('bytes' in cell) found.set(one.spec.name, one)
      else leftOut += 1
    }
  }
  return { signals: [...found.values()], leftOut }
}

function registerSignal(address: ModbusAddress): RecordedSignal {
  const text = addressText(address)
  const at = text.split(' ')[0] ?? ''
  const type = isBitArea(address.area) ? 'bit' : 'u16'
  return {
    spec: { name: `r${at}`, type, address },
    keys: { at, type },
    isNamed: false,
    address: text,
    ...(type === 'u16' && { bitKeys: bitKeysOf(at) }),
  }
}

/** How a map has one bit of a register as a signal of its own. */
export function bitKeysOf(at: string): (bit: number) => SignalKeys {
  return (bit) => ({ at: `${at}:${bit}`, type: 'bit' })
}

/**
 * All variables below some nodes that a signal can show.
 * @throws LinkLost, AddressFault, WorkbenchFault
 */
export async function scanNodes(
  nodes: readonly string[],
  { driver, settings, context, signal }: Scanning,
): Promise<Scanned> {
  if (!isOpcUaDriver(driver)) throw new WorkbenchFault('only an OPC UA server has nodes', 'name registers')
  const from = nodes.map((node) => parseOpcUaAddress(node))
  await using explorer = await driver.explore('the server', settings as OpcUaSettings, context, signal)
  const found = new Map<string, TreeNode>()
  let leftOut = 0
  for (const one of from) {
    const below = await walk(explorer, one, NODES)
    for (const node of below.nodes.filter(({ kind }) => kind === 'Variable')) {
      if (node.value?.quality === 'good' && node.value.value !== null && found.size < NODES_MAX)
        found.set(node.node, node)
      else leftOut += 1
    }
  }
  const taken = new Set<string>()
  return { signals: [...found.values()].map((node) => nodeSignal(node, taken)), leftOut }
}

function nodeSignal({ node, name, address }: TreeNode, taken: Set<string>): RecordedSignal {
  const plain = nodeName(name)
  let free = plain
  for (let nth = 2; taken.has(free); nth++) free = `${plain}_${nth}`
  taken.add(free)
  return { spec: { name: free, address }, keys: { node }, isNamed: false, address: node }
}
