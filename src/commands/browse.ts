/** `millrace browse`: the tree of an OPC UA server, or what is published to a broker, with live values as a map takes them. */
import { parseArgs } from 'node:util'
import { printable } from '../domain/errors.ts'
import { isMqttDriver } from '../drivers/mqtt/driver.ts'
import type { MqttSettings } from '../drivers/mqtt/settings.ts'
import { parseOpcUaAddress } from '../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../drivers/opcua/driver.ts'
import { OBJECTS } from '../drivers/opcua/explore/explorer.ts'
import type { OpcUaSettings } from '../drivers/opcua/settings.ts'
import { explainNode } from '../workbench/nodes/explain.ts'
import { matching, type TreeNode, walk, yamlNode } from '../workbench/nodes/walk.ts'
import { atDevice, DEVICE_OPTIONS, DEVICE_USAGE, durationOf, usable } from './at-device.ts'
import { browseTopics } from './browse-topics.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { jsonValue } from './read.ts'

const OPTIONS = {
  ...DEVICE_OPTIONS,
  search: { type: 'string' },
  depth: { type: 'string' },
  for: { type: 'string', default: '10s' },
} as const

const SHOWN = 0
const NOTHING = 1
const DEPTH = 2
const SEARCH_DEPTH = 10
const DEPTH_MAX = 20
const NODES_MAX = 5_000

export const browseCommand: Command = {
  name: 'browse',
  summary:
    'shows the tree of an OPC UA server, or what is published to a broker, with live values to paste into a map',
  usage: `millrace browse URL [NODE | TOPIC] [--search TEXT] [--depth ${DEPTH}] [--for 10s] [--json]
${DEVICE_USAGE}
    NODE: where to begin, as in nsu=urn:acme:filler;s=Filler; else at Objects
    TOPIC: of mqtt:// and mqtts://, which topics to listen to, as in plant/line1/#; else to all
    --search TEXT: only nodes with this text in their name, id or value; looks ${SEARCH_DEPTH} levels deep
    --depth N: how many levels to show
    --for 10s: how long to listen to a broker
    A server has to be trusted once: millrace trust URL`,
  exits: ['0 shown', '1 nothing was found, or the server cannot be read', '2 the call cannot be understood'],
  example: 'millrace browse opc.tcp://10.20.3.40:4840 --search StateCurrent',
  page: 'docs/technicians.md',
  run: browse,
}

async function browse(command: CommandContext): Promise<number> {
  const { args, out, signal } = command
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [url, node, ...more] = positionals
  if (url === undefined) throw new UsageError('name the server, as in opc.tcp://10.20.3.40:4840')
  if (more.length > 0) throw new UsageError(`one node at a time, and not "${more.join(' ')}" as well`)
  const depth = depthOf(values.depth, values.search)
  return await atDevice(url, values, command, async ({ asked, context }) => {
    const { driver, name, settings } = asked
    if (isMqttDriver(driver)) {
      const { search, json } = values
      const forMs = durationOf('--for', values.for)
      const how = { command, context, filter: node ?? '#', forMs, search, isJson: json === true }
      return (await browseTopics({ driver, settings: settings as MqttSettings, ...how })) ? SHOWN : NOTHING
    }
    const from = node === undefined ? OBJECTS : usable(() => parseOpcUaAddress(node))
    if (!isOpcUaDriver(driver)) {
      throw new UsageError('only an OPC UA server has a tree; registers are shown by: millrace read')
    }
    await using explorer = await driver.explore(name, settings as OpcUaSettings, context, signal)
    const { nodes, isCut } = await walk(explorer, from, { depth, nodesMax: NODES_MAX })
    const shown = values.search === undefined ? nodes : matching(nodes, values.search)
    if (values.json) out(`${JSON.stringify({ nodes: shown, isCut }, jsonValue)}\n`)
    else out(treeText(shown, values.search !== undefined))
    if (isCut) command.err(`only the first ${NODES_MAX} nodes were looked at: name a NODE to begin with\n`)
    if (shown.length > 0) return SHOWN
    const [value] = await explorer.read([from])
    const why = value && value.quality !== 'good' ? await explainNode(explorer, value) : []
    command.err([`nothing was found below ${node ?? 'Objects'}`, ...why].map((line) => `${line}\n`).join(''))
    return NOTHING
  })
}

function depthOf(written: string | undefined, search: string | undefined): number {
  if (written === undefined) return search === undefined ? DEPTH : SEARCH_DEPTH
  const depth = Number(written)
  if (!Number.isInteger(depth) || depth < 1 || depth > DEPTH_MAX) {
    throw new UsageError(`--depth takes a whole number from 1 to ${DEPTH_MAX}, and not "${written}"`)
  }
  return depth
}

/** A variable has its value and its id behind it; a search has no tree, so it shows the whole way to each. */
function treeText(nodes: readonly TreeNode[], isFlat: boolean): string {
  return nodes
    .map((one) => {
      const { depth, name, path, kind } = one
      const asked = isFlat ? path.join(' / ') : `${'  '.repeat(depth - 1)}${name}`
      const marker = kind === 'Variable' ? '' : kind === 'Method' ? ' ()' : ' /'
      return `${printable(`${asked}${marker}${valueText(one)}  node: ${yamlNode(one.node)}`)}\n`
    })
    .join('')
}

function valueText({ value }: TreeNode): string {
  if (!value) return ''
  const isWell = value.status === 'Good'
  if (value.type === undefined) return isWell ? '  holds no value' : `  cannot be read: ${value.status}`
  // A list or a structure is sound, and a signal takes one part of it.
  const oddness = isWell ? 'not one value: name an element or a field' : `${value.quality}: ${value.status}`
  const doubt = value.quality === 'good' ? '' : ` (${oddness})`
  return ` = ${value.shown}  ${value.type}${doubt}`
}
