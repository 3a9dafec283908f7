/** `millrace ports`: the serial ports and input devices of this computer, with what to write into a map, and whose Modbus line is on it. */
import { parseArgs } from 'node:util'
import { guessFolders, loadConfigWithoutSecrets } from '../config/load-config.ts'
import { ConfigError, printable } from '../domain/errors.ts'
import { type ListedPort, listPorts } from '../scanners/ports.ts'
import type { Command, CommandContext } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { lineText, serialUnits } from './port-lines.ts'

export const portsCommand: Command = {
  name: 'ports',
  summary: 'lists serial ports and input devices, and how a map names each',
  usage: `millrace ports [--config config/gateway.yaml] [--json]
    run it as the user that the gateway runs as: it says whether that user may open each port`,
  exits: ['0 listed'],
  example: 'millrace ports',
  page: 'docs/scanners.md',
  async run(context) {
    const { args, out } = context
    const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
    const { values } = parseArgs({ args: [...args], options })
    const units = serialUnits(devicesFolder(values, context), context.cwd)
    const ports = (await listPorts()).map((port) => ({ ...port, line: lineText(port, units) ?? null }))
    out(values.json ? `${JSON.stringify(ports, null, 2)}\n` : portsText(ports))
    return 0
  },
}

/** A port, and the Modbus devices of the maps that are on it. */
interface PortWithLine extends ListedPort {
  readonly line?: string | null
}

/** A block for each port, and what to do about those that cannot be opened. */
export function portsText(ports: readonly PortWithLine[]): string {
  if (ports.length === 0) return `${NONE}\n`
  return `${ports.map(portText).join('\n')}\n`
}

function devicesFolder(
  values: { readonly config?: string | undefined },
  { env, cwd }: CommandContext,
): string {
  const source = { file: configFile(values, cwd), env, cwd }
  try {
    return loadConfigWithoutSecrets(source).devicesFolder
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return guessFolders(source).devicesFolder
  }
}

const NONE = `There is no serial port and no keyboard or HID POS device here.
Plug the scanner in (or the adapter of a serial line) and call this again; in a container, hand its devices in (docs/scanners.md).`

const KINDS: Readonly<Record<ListedPort['kind'], string>> = {
  serial: 'serial port',
  keyboard: 'keyboard: a scanner in keyboard mode, or one to type on',
  pos: 'HID POS scanner',
  hid: 'input device',
}

/** How the map of a machine names a port that no map has yet. */
function deviceText(key: string, value: string): string {
  const named = key === 'usb_serial' ? key : 'path'
  return `with a Modbus line on it: device: {driver: modbus-rtu, ${named}: ${JSON.stringify(value)}}`
}

function portText({ key, value, kind, name, where, fault, line }: PortWithLine): string {
  const opens =
    fault === null ? 'can be opened' : `cannot be opened now: ${fault.what}\n  what to do: ${fault.hint}`
  const lines = [
    `port: {${key}: ${JSON.stringify(value)}}`,
    `  ${[...(name === null ? [] : [name]), where, KINDS[kind]].join(', ')}`,
    ...(line ? [`  ${line}`] : []),
    `  ${opens}`,
    ...(kind === 'serial' && !line ? [`  ${deviceText(key, value)}`] : []),
  ]
  // What a device calls itself is anybody's text.
  return lines.join('\n').split('\n').map(printable).join('\n')
}
