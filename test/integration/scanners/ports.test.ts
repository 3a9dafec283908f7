/** What `millrace ports` lists, from the folders in which Linux shows its devices. */
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ptyCable } from '../../../simulators/scanner/pty-cable.ts'
import { lineText, serialUnits } from '../../../src/commands/port-lines.ts'
import { portsText } from '../../../src/commands/ports.ts'
import { listPorts } from '../../../src/scanners/ports.ts'
import { GRANIT, type UsbPorts, usbPorts } from '../../support/usb-ports.ts'

const NAMELESS = { socket: '1-3', product: 'USB Serial' }

let usb: UsbPorts
let cable: Awaited<ReturnType<typeof ptyCable>>
beforeEach(async () => {
  usb = await usbPorts()
  cable = await ptyCable(join(usb.root, 'scanner'))
})
afterEach(async () => {
  await cable[Symbol.asyncDispose]()
  await usb[Symbol.asyncDispose]()
})

/** The names to write and where they lead. */
async function names(): Promise<readonly string[]> {
  return (await listPorts(usb.folders)).map(({ key, value }) => `${key}: ${value}`)
}

test('a USB scanner is named by its serial number, and can be opened', async () => {
  const path = await usb.addPort('ttyACM0', GRANIT, cable.address)
  expect(await listPorts(usb.folders)).toEqual([
    {
      key: 'usb_serial',
      value: '21097B1234',
      kind: 'serial',
      name: 'Honeywell Granit 1950g',
      where: path,
      fault: null,
    },
  ])
})

test('two scanners with one serial number, and one without any, are named by the socket that they are in', async () => {
  await using second = await ptyCable(join(usb.root, 'second'))
  await using third = await ptyCable(join(usb.root, 'third'))
  const devices = [GRANIT, { ...GRANIT, socket: '1-4' }, NAMELESS]
  const paths: string[] = []
  for (const [index, target] of [cable, second, third].entries()) {
    const device = devices[index] ?? NAMELESS
    await usb.addPort(`ttyACM${index}`, device, target.address)
    const link = join(usb.folders.byPath, `pci-0000:00:14.0-usb-0:${device.socket.slice(2)}:1.0`)
    await symlink(await realpath(target.address), link)
    paths.push(`serial: ${link}`)
  }
  expect(await names()).toEqual(paths)
})

test('a port of the board is named by its path; those that a PC only claims to have are not listed', async () => {
  for (const [name, type] of [
    ['ttyS0', '4'],
    ['ttyS1', '0'],
  ] as const) {
    await mkdir(join(usb.folders.tty, name, 'device'), { recursive: true })
    await writeFile(join(usb.folders.tty, name, 'type'), `${type}\n`)
  }
  expect(await names()).toEqual([`serial: ${join(usb.folders.dev, 'ttyS0')}`])
})

test('why a port cannot be opened stands beside it, with what to do', async () => {
  await usb.addPort('ttyACM0', GRANIT, '/nowhere')
  const ports = await listPorts(usb.folders)
  expect(ports[0]?.fault).toMatchObject({ code: 'port-missing' })
  expect(portsText(ports)).toMatch(
    /^port: \{usb_serial: "21097B1234"\}\n {2}Honeywell Granit 1950g, .*ttyACM0, serial port\n {2}cannot be opened now: there is no port .*\n {2}what to do: check the cable/,
  )
})

test('a name that would move the cursor is shown as it is written', async () => {
  await usb.addPort('ttyACM0', { ...GRANIT, product: 'Granit\u001b[2J' }, cable.address)
  expect(portsText(await listPorts(usb.folders))).toContain('Granit\\u001b[2J')
})

test('where there is nothing, it says what to do', async () => {
  expect(portsText(await listPorts(usb.folders))).toContain('Plug the scanner in')
})

test('a port on which the maps have a Modbus line says whose it is', async () => {
  const path = await usb.addPort('ttyUSB0', GRANIT, cable.address)
  const [port] = await listPorts(usb.folders)
  if (!port) throw new Error('no port')
  expect(portsText([port])).toContain('device: {driver: modbus-rtu, usb_serial: "21097B1234"}')
  const map = (unit: number, key: string) => `machine: METER-${unit}
device: {driver: modbus-rtu, ${key}, unit: ${unit}}
signals: {power: {at: 40001, type: u16, running_above: 5, stopped_below: 3}}
status: [{when: {power: running}, is: running}, {else: true, is: idle}]
`
  await writeFile(join(usb.root, 'a.yaml'), map(2, `path: ${path}`))
  await writeFile(join(usb.root, 'b.yaml'), map(1, 'usb_serial: "21097B1234"'))
  await writeFile(join(usb.root, 'c.yaml'), map(3, 'path: /dev/ttyS9'))
  const line = lineText(port, serialUnits(usb.root, usb.root))
  expect(line).toBe('Modbus line of METER-1 (unit 1), METER-2 (unit 2)')
  expect(portsText([{ ...port, line: line ?? null }])).toContain(`\n  ${line}\n`)
})
