/** `millrace ports`: the serial ports and input devices of this computer, with what to write into the map of a scanner there. */
import { parseArgs } from 'node:util'
import { printable } from '../domain/errors.ts'
import { type ListedPort, listPorts } from '../scanners/ports.ts'
import type { Command } from './command.ts'

export const portsCommand: Command = {
  name: 'ports',
  summary: 'lists serial ports and input devices, and how the map of a scanner names each',
  usage: `millrace ports [--json]
    run it as the user that the gateway runs as: it says whether that user may open each port`,
  exits: ['0 listed'],
  example: 'millrace ports',
  page: 'docs/scanners.md',
  async run({ args, out }) {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } })
    const ports = await listPorts()
    out(values.json ? `${JSON.stringify(ports, null, 2)}\n` : portsText(ports))
    return 0
  },
}

/** A block for each port, and what to do about those that cannot be opened. */
export function portsText(ports: readonly ListedPort[]): string {
  if (ports.length === 0) return `${NONE}\n`
  return `${ports.map(portText).join('\n')}\n`
}

const NONE = `There is no serial port and no keyboard or HID POS device here.
Plug the scanner in and call this again; in a container, hand its devices in (docs/scanners.md).`

const KINDS: Readonly<Record<ListedPort['kind'], string>> = {
  serial: 'serial port',
  keyboard: 'keyboard: a scanner in keyboard mode, or one to type on',
  pos: 'HID POS scanner',
  hid: 'input device',
}

function portText({ key, value, kind, name, where, fault }: ListedPort): string {
  const opens =
    fault === null ? 'can be opened' : `cannot be opened now: ${fault.what}\n  what to do: ${fault.hint}`
  const lines = [
    `port: {${key}: ${JSON.stringify(value)}}`,
    `  ${[...(name === null ? [] : [name]), where, KINDS[kind]].join(', ')}`,
    `  ${opens}`,
  ]
  // What a device calls itself is anybody's text.
  return lines.join('\n').split('\n').map(printable).join('\n')
}
