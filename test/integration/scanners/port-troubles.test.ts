/** What a technician reads where the port of a scanner cannot be opened: on real terminals, held by real programs. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ptyCable } from '../../../simulators/scanner/pty-cable.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import { holdersOf } from '../../../src/ports/holders.ts'
import { scannerContext, scannerOf } from '../../support/scanner-bench.ts'
import { transportOf } from '../../support/scanner-folders.ts'
import { GRANIT, type UsbPorts, usbPorts } from '../../support/usb-ports.ts'

const TWIN = { ...GRANIT, socket: '1-3' }
const NOBODY = { uid: 65_534, gid: 65_534 }
const OPEN_FAULTS = join(import.meta.dirname, '../../../src/ports/open-faults.ts')
/** Tests that run as root can become another user; one who can read the checkout. */
const canBeNobody =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ['-e', `fs.accessSync(${JSON.stringify(OPEN_FAULTS)})`], NOBODY).status === 0

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

async function connect(port: { readonly serial: string } | { readonly usb_serial: string }) {
  const transport = transportOf(Object.keys(port)[0] ?? '', usb.folders)
  return await transport.connect(scannerOf(transport, port), scannerContext(), new AbortController().signal)
}

/** Why a port cannot be opened, and what to do. */
async function trouble(port: Parameters<typeof connect>[0]): Promise<LinkLost> {
  const fault: unknown = await connect(port).catch((error: unknown) => error)
  if (!(fault instanceof LinkLost)) throw new Error(`expected a lost link, and got ${JSON.stringify(fault)}`)
  return fault
}

/** Children of this process inherit the scanner's end of the terminal, and would be taken for the scanner. */
const WITHOUT_OUR_FILES =
  'for f in $(ls /proc/$$/fd); do [ $f -gt 2 ] && eval "exec $f>&-"; done; exec "$0" "$1"'

/** A program that reads from the port of the scanner, once it does. */
async function reader(program: string): Promise<AsyncDisposable & { readonly pid: number }> {
  const child = spawn('bash', ['-c', WITHOUT_OUR_FILES, program, cable.address], { stdio: 'ignore' })
  const pid = child.pid ?? 0
  const device = await realpath(cable.address)
  await expect
    .poll(async () => (await holdersOf(device, '/proc')).map((holder) => holder.pid), { timeout: 60_000 })
    .toContain(String(pid))
  return {
    pid,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

describe('a serial port', () => {
  test('that is not there', async () => {
    expect(await trouble({ serial: join(usb.folders.dev, 'ttyACM0') })).toMatchObject({
      code: 'port-missing',
      message: expect.stringMatching(/^ST-12: there is no port .*ttyACM0$/),
      hint: expect.stringContaining('millrace ports'),
    })
  })

  test('that is a file', async () => {
    const file = join(usb.root, 'file')
    await writeFile(file, '')
    expect(await trouble({ serial: file })).toMatchObject({ code: 'port-not-serial' })
  })

  test('that another program reads from is not shared with it: each would get a part of every scan', async () => {
    const cat = await reader('cat')
    expect(await trouble({ serial: cable.address })).toMatchObject({
      code: 'port-held',
      message: expect.stringMatching(new RegExp(`held by cat \\(process ${cat.pid}\\)$`)),
      hint: expect.stringContaining('end that one'),
    })
    await cat[Symbol.asyncDispose]()
    await using link = await connect({ serial: cable.address })
    expect(link).toBeDefined()
  })

  test('that ModemManager holds is explained', async () => {
    const program = join(usb.root, 'ModemManager')
    await symlink('/bin/cat', program)
    await using _ = await reader(program)
    expect(await trouble({ serial: cable.address })).toMatchObject({
      code: 'port-held',
      message: expect.stringContaining('held by ModemManager'),
      hint: expect.stringMatching(/modem.*udev rule/),
    })
  })

  test('that two maps name', async () => {
    await using link = await connect({ serial: cable.address })
    expect(link).toBeDefined()
    expect(await trouble({ serial: cable.address })).toMatchObject({ code: 'port-busy' })
  })

  test('that is in use by somebody who cannot be seen, while ModemManager runs', async () => {
    const program = join(usb.root, 'ModemManager')
    await symlink('/bin/sleep', program)
    const manager = spawn(program, ['60'], { stdio: 'ignore' })
    await using link = await connect({ serial: cable.address })
    expect(link).toBeDefined()
    expect(await trouble({ serial: cable.address })).toMatchObject({
      code: 'port-busy',
      hint: expect.stringMatching(/^sudo fuser -v .* names it; it may be ModemManager, which runs here: /),
    })
    manager.kill()
    await once(manager, 'exit')
  })

  test.runIf(canBeNobody)('that this user may not open', async () => {
    const script = `
      const { faultBeforeOpening } = await import(${JSON.stringify(OPEN_FAULTS)})
      const fault = await faultBeforeOpening(${JSON.stringify(await realpath(cable.address))}, '/proc')
      console.log(JSON.stringify({ code: fault.code, what: fault.message, hint: fault.hint }))`
    await chown(cable.address, 0, 12_345)
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], NOBODY)
    expect(JSON.parse(String(stdout))).toMatchObject({
      code: 'port-forbidden',
      what: expect.stringMatching(/may not be opened by the user \S+$/),
      hint: expect.stringMatching(/sudo usermod -aG 12345 \S+, and restart the gateway/),
    })
  })
})

describe('a USB serial number', () => {
  test('finds its device among others, and of one with two ports the first', async () => {
    await usb.addPort('ttyACM0', { ...GRANIT, socket: '1-1', serialNumber: 'OTHER' }, '/nowhere')
    await usb.addPort('ttyACM1', GRANIT, '/nowhere', 2)
    await usb.addPort('ttyACM2', GRANIT, cable.address, 0)
    await using link = await connect({ usb_serial: '21097B1234' })
    expect(link).toBeDefined()
  })

  test('that is not plugged in', async () => {
    await usb.addPort('ttyACM0', { ...GRANIT, serialNumber: 'OTHER' }, cable.address)
    expect(await trouble({ usb_serial: '21097B1234' })).toMatchObject({
      code: 'port-missing',
      message: 'ST-12: no USB device with the serial number 21097B1234 is plugged in',
      hint: expect.stringContaining('OTHER'),
    })
  })

  test('of a scanner that is set to keyboard mode', async () => {
    await usb.add(GRANIT)
    expect(await trouble({ usb_serial: '21097B1234' })).toMatchObject({
      code: 'port-not-serial',
      message: expect.stringContaining('Honeywell Granit 1950g'),
      hint: expect.stringContaining('CDC'),
    })
  })

  test('that two scanners have', async () => {
    await usb.addPort('ttyACM0', GRANIT, cable.address)
    await usb.addPort('ttyACM1', TWIN, cable.address)
    expect(await trouble({ usb_serial: '21097B1234' })).toMatchObject({
      code: 'port-ambiguous',
      message: expect.stringMatching(/ttyACM0, .*ttyACM1$/),
      hint: expect.stringContaining('/dev/serial/by-path'),
    })
  })

  test('is found by the links of udev where the system shows no devices', async () => {
    await rm(usb.folders.tty, { recursive: true })
    await mkdir(usb.folders.tty)
    await symlink(cable.address, join(usb.folders.byId, 'usb-Honeywell_Granit_1950g_2109_7B_1-if00'))
    await using link = await connect({ usb_serial: '2109 7B/1' })
    expect(link).toBeDefined()
  })
})

test('an address that two maps name is open for one of them, which is named: else each scan would be stored twice', async () => {
  await using server = await tcpCable()
  const transport = transportOf('tcp')
  const open = (id: string) =>
    transport.connect(
      { ...scannerOf(transport, { tcp: server.address }), id },
      scannerContext(),
      new AbortController().signal,
    )
  const first = await open('ST-12')
  await expect(open('ST-13')).rejects.toMatchObject({
    code: 'port-busy',
    message: `ST-13: ${server.address} is open already, for ST-12`,
    hint: 'two maps name this address: correct one of them',
  })
  await first[Symbol.asyncDispose]()
  await using _second = await open('ST-13')
})
