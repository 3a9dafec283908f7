import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LinkLost } from '../../../src/domain/errors.ts'
import type { ScannerLink, Suffix } from '../../../src/domain/scanner.ts'
import { createHidTransports } from '../../../src/scanners/hid/transports.ts'
import { listPorts } from '../../../src/scanners/ports.ts'
import { codesOf, endOfScanner, itemsUntil, scannerContext, scannerOf } from '../../support/scanner-bench.ts'
import { typed } from '../../support/typed-reports.ts'
import {
  KEYBOARD_DESCRIPTOR,
  POS_DESCRIPTOR,
  type UsbDeviceEntry,
  UsbFolders,
  VENDOR_DESCRIPTOR,
} from '../../support/usb-folders.ts'

const XENON: UsbDeviceEntry = {
  port: '1-2.3',
  vendor: '0c2e',
  product: '0b61',
  names: ['Honeywell', 'Xenon 1900'],
  serial: '21097B1234',
  number: 5,
  interfaces: [{ descriptor: KEYBOARD_DESCRIPTOR, isBootKeyboard: true, hidraw: 'hidraw3', event: 'event7' }],
}
const NAME = '0c2e:0b61:21097B1234'
const FIRST = '1-2.3:1.0'
/** Nothing to tell it by but the socket. */
const CHEAP: UsbDeviceEntry = {
  port: '1-4',
  vendor: '1eab',
  product: '0003',
  number: 6,
  interfaces: [{ descriptor: KEYBOARD_DESCRIPTOR, isBootKeyboard: true }],
}
const POS: UsbDeviceEntry = { ...XENON, product: '0b67', interfaces: [{ descriptor: POS_DESCRIPTOR }] }

let root: string
let usb: UsbFolders
let abort: AbortController
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-usb-'))
  usb = new UsbFolders(root)
  abort = new AbortController()
})
afterEach(async () => {
  abort.abort()
  await rm(root, { recursive: true })
})

function connect(port: object, suffix: Suffix = 'CR'): Promise<ScannerLink> {
  const [key] = Object.keys(port)
  const transport = createHidTransports(usb.folders, async () => usb.library).find((one) => one.key === key)
  if (!transport) throw new Error(`there is no transport ${key}`)
  return transport.connect(scannerOf(transport, port, suffix), scannerContext(), abort.signal)
}

async function faultOf(port: object): Promise<unknown> {
  const link = await connect(port).catch((fault: unknown) => fault)
  expect(link).toBeInstanceOf(LinkLost)
  return link
}

async function openedWith(port: object) {
  await using link = await connect(port)
  const [first] = await itemsUntil(link, () => true)
  return first
}

describe('finds a scanner', () => {
  test.each([
    ['by vendor, product and serial number', NAME],
    ['by vendor and product', '0C2E:0B61'],
    ['by its USB serial number', '21097B1234'],
    ['by the socket', '1-2.3'],
    ['by its link', '/dev/input/by-id/usb-Honeywell_Xenon_1900_21097B1234-event-kbd'],
  ])('%s', async (_, hid) => {
    await usb.plugIn(XENON)
    await usb.plugIn(CHEAP)
    expect(await openedWith({ hid })).toMatchObject({
      where: 'Honeywell Xenon 1900 (0c2e:0b61), USB serial number 21097B1234, socket 1-2.3',
    })
  })

  test.each(['hidraw3', 'event7'])('by a file in /dev, here %s', async (node) => {
    await usb.plugIn(XENON)
    const link = join(root, 'my-scanner')
    await writeFile(join(usb.folders.dev, node), '')
    await symlink(join(usb.folders.dev, node), link)
    expect(await openedWith({ hid: link })).toMatchObject({ where: expect.stringContaining('21097B1234') })
  })

  test('by its link also after a crash, when nobody drives it and the link is gone', async () => {
    await usb.plugIn(XENON)
    await usb.drive(XENON, 0, null)
    await using link = await connect({
      hid: '/dev/input/by-id/usb-Honeywell_Xenon_1900_21097B1234-event-kbd',
    })
    usb.library.play(FIRST, typed('wo1'))
    expect(codesOf(await itemsUntil(link, (items) => codesOf(items).length === 1))).toEqual(['wo1'])
  })

  test('among two of one model by its serial number, and each gets its own scans', async () => {
    const twin = { ...XENON, port: '1-1', serial: '21097B9999', number: 9 }
    await usb.plugIn(XENON)
    await usb.plugIn(twin)
    await using first = await connect({ hid: NAME })
    await using second = await connect({ hid: '0c2e:0b61:21097B9999' })
    usb.library.play('1-1:1.0', typed('second'))
    usb.library.play(FIRST, typed('first'))
    expect(codesOf(await itemsUntil(first, (items) => items.length === 2))).toEqual(['first'])
    expect(codesOf(await itemsUntil(second, (items) => items.length === 2))).toEqual(['second'])
  })

  test('again in another socket, with another number', async () => {
    await usb.plugIn(XENON)
    const link = await connect({ hid: NAME })
    const end = endOfScanner(link)
    usb.library.play(FIRST, typed('before'))
    await usb.unplug(XENON)
    const { items, fault } = await end
    expect(codesOf(items)).toEqual(['before'])
    expect(fault).toMatchObject({ code: 'port-unplugged', message: expect.stringContaining('was unplugged') })
    await link[Symbol.asyncDispose]()
    await usb.plugIn({ ...XENON, port: '1-7', number: 23 })
    await using again = await connect({ hid: NAME })
    usb.library.play('1-7:1.0', typed('after'))
    expect(codesOf(await itemsUntil(again, (some) => codesOf(some).length === 1))).toEqual(['after'])
  })
})

describe('reads', () => {
  test('what a keyboard types, and ends a code by a pause where it has no Enter', async () => {
    await usb.plugIn(XENON)
    await using link = await connect({ hid: NAME }, 'none')
    usb.library.play(FIRST, typed('abc').slice(0, -2))
    expect(codesOf(await itemsUntil(link, (items) => items.length === 2))).toEqual(['abc'])
  })

  test('HID POS reports, with the AIM identifier beside the code', async () => {
    await usb.plugIn(POS)
    await using link = await connect({ hidpos: '21097B1234' })
    const report = Buffer.concat([Buffer.from([2, 4]), Buffer.from(']C0WO-1'), Buffer.alloc(53)])
    usb.library.play(FIRST, [report.toString('hex')])
    const [opened, scan] = await itemsUntil(link, (items) => items.length === 2)
    expect(opened).toMatchObject({ remark: expect.stringContaining('HID POS') })
    expect(scan).toMatchObject({ kind: 'scan', aimId: ']C0', bytes: Buffer.from('WO-1') })
  })

  test.each(['WO-1\r\n', '\x02WO-1\x03', 'WO-1\t'])(
    'a code without what the scanner puts around it: %j',
    async (sent) => {
      await usb.plugIn(POS)
      await using link = await connect({ hidpos: '21097B1234' })
      const data = Buffer.from(`]C0${sent}`)
      const report = Buffer.concat([Buffer.from([2, sent.length]), data, Buffer.alloc(61 - data.length + 1)])
      usb.library.play(FIRST, [report.toString('hex')])
      expect(codesOf(await itemsUntil(link, (items) => items.length === 2))).toEqual(['WO-1'])
    },
  )

  test('a key of TAB that a keyboard types before Enter as no part of the code', async () => {
    await usb.plugIn(XENON)
    await using link = await connect({ hid: NAME })
    const [tab, enter] = ['00002b0000000000', '0000280000000000']
    usb.library.play(FIRST, [...typed('abc').slice(0, -2), tab, '0000000000000000', enter])
    expect(codesOf(await itemsUntil(link, (items) => items.length === 2))).toEqual(['abc'])
  })

  test('HID POS rather than the keyboard of a device that has both', async () => {
    await usb.plugIn({ ...POS, interfaces: [...XENON.interfaces, ...POS.interfaces] })
    await using _ = await connect({ hid: NAME.replace('0b61', '0b67') })
    expect(usb.library.isOpen('1-2.3:1.1')).toBe(true)
  })

  test('HID POS also where nobody has driven the device since a crash', async () => {
    await usb.plugIn(POS)
    await usb.drive(POS, 0, null)
    expect(await openedWith({ hid: '21097B1234' })).toMatchObject({
      remark: expect.stringContaining('HID POS'),
    })
  })

  test('nothing more after an abort, and gives the device back to the kernel', async () => {
    await usb.plugIn(XENON)
    const link = await connect({ hid: NAME })
    const end = endOfScanner(link)
    abort.abort()
    usb.library.play(FIRST, typed('late'))
    expect(await end).toMatchObject({ items: [{ kind: 'opened' }], fault: undefined })
    await link[Symbol.asyncDispose]()
    expect(usb.library.isOpen(FIRST)).toBe(false)
  })
})

test('is listed among the ports, with the name to write into a map and what keeps it from being opened', async () => {
  await usb.plugIn(XENON)
  await usb.plugIn(CHEAP)
  await usb.plugIn({ ...POS, port: '1-5', number: 7, serial: '5' })
  await usb.plugIn({
    ...XENON,
    port: '1-6',
    number: 8,
    serial: '6',
    interfaces: [{ descriptor: VENDOR_DESCRIPTOR }],
  })
  await using _ = await connect({ hid: '1-4' })
  const none = join(root, 'none')
  const ports = await listPorts({ ...usb.folders, tty: none, byId: none, byPath: none })
  expect(ports.map(({ key, value, kind, fault }) => [key, value, kind, fault?.code])).toEqual([
    ['hid', NAME, 'keyboard', undefined],
    ['hid', '1-4', 'keyboard', 'port-busy'],
    ['hid', '0c2e:0b67:5', 'pos', undefined],
  ])
})

describe('says in status', () => {
  test('that nothing is typed into a console', async () => {
    await usb.plugIn(XENON)
    expect(await openedWith({ hid: NAME })).toMatchObject({
      remark:
        'keyboard: GS1 and ISO 15434 codes are unreliable in this mode; taken from the kernel through libusb, so nothing is typed into a console; no beep can be sent to it',
    })
  })

  test('that a second keyboard of the device still types into the console', async () => {
    const [keyboard] = XENON.interfaces
    if (!keyboard) throw new Error('it has one')
    await usb.plugIn({ ...XENON, interfaces: [keyboard, keyboard] })
    expect(await openedWith({ hid: NAME })).toMatchObject({
      remark: expect.stringContaining(
        'WARNING: what its other keyboard (1-2.3:1.1) types goes into the console',
      ),
    })
  })

  test('nothing of a second keyboard that the udev rule has switched off', async () => {
    const [keyboard] = XENON.interfaces
    if (!keyboard) throw new Error('it has one')
    await usb.plugIn({ ...XENON, interfaces: [keyboard, { ...keyboard, isInhibited: true }] })
    expect(await openedWith({ hid: NAME })).toMatchObject({ remark: expect.not.stringContaining('WARNING') })
  })

  test('that no such device is plugged in, and which ones are', async () => {
    await usb.plugIn(CHEAP)
    await usb.plugIn({ ...XENON, interfaces: [{ descriptor: VENDOR_DESCRIPTOR }] })
    expect(await faultOf({ hid: '0c2e:0b61:5555' })).toMatchObject({
      code: 'port-missing',
      message: 'ST-12: no HID device 0c2e:0b61:5555 is plugged in',
      hint: 'check its cable; there are 1-4 (no name in socket 1-4)',
    })
  })

  test('that two devices are meant, and what to write', async () => {
    await usb.plugIn(CHEAP)
    await usb.plugIn({ ...CHEAP, port: '1-5', number: 7 })
    expect(await faultOf({ hid: '1eab:0003' })).toMatchObject({
      code: 'port-ambiguous',
      hint: 'write one of these in the map: 1-4 (no name in socket 1-4), 1-5 (no name in socket 1-5)',
    })
  })

  test('that a scanner is in another mode than its map says', async () => {
    await usb.plugIn(XENON)
    expect(await faultOf({ hidpos: NAME })).toMatchObject({
      code: 'port-not-hid',
      message: 'ST-12: Honeywell Xenon 1900 (0c2e:0b61) is plugged in, but not as a HID POS scanner',
    })
  })

  test('that a keyboard sends a bit for each key, which is not guessed at', async () => {
    const bits = '05010906a101050719e029e71500250175019508810219002977957881 02c0'
    await usb.plugIn({ ...XENON, interfaces: [{ descriptor: bits, isBootKeyboard: true }] })
    expect(await faultOf({ hid: NAME })).toMatchObject({
      code: 'port-not-hid',
      hint: expect.stringContaining('serial mode'),
    })
    expect(usb.library.isOpen(FIRST)).toBe(false)
  })

  test('that a scanner is in serial mode', async () => {
    await usb.plugIn({ ...XENON, interfaces: [] })
    expect(await faultOf({ hid: '21097B1234' })).toMatchObject({
      code: 'port-not-hid',
      hint: 'in its serial mode, which is the better one, it is usb_serial: "21097B1234" in the map',
    })
  })

  test('that another program holds the device', async () => {
    await usb.plugIn(XENON)
    await usb.library.open(FIRST)
    const node = await open(usb.nodeOf(XENON))
    const other = spawn('sleep', ['60'], { stdio: ['ignore', node.fd, 'ignore'] })
    await once(other, 'spawn')
    await node.close()
    try {
      expect(await faultOf({ hid: NAME })).toMatchObject({
        code: 'port-held',
        message: `ST-12: Honeywell Xenon 1900 (0c2e:0b61) is held by sleep (process ${other.pid})`,
      })
    } finally {
      other.kill()
    }
  })

  test('that a program of another user holds the device', async () => {
    await usb.plugIn(XENON)
    await usb.library.open(FIRST)
    expect(await faultOf({ hid: NAME })).toMatchObject({
      code: 'port-busy',
      hint: expect.stringContaining('sudo fuser -v'),
    })
  })

  test('that the container has no file to open the device by', async () => {
    await usb.plugIn(XENON)
    await rm(usb.nodeOf(XENON))
    expect(await faultOf({ hid: NAME })).toMatchObject({ hint: expect.stringContaining('docker run') })
  })

  test.skipIf(process.getuid?.() === 0)('that this user may not open the device', async () => {
    await usb.plugIn(XENON)
    await chmod(usb.nodeOf(XENON), 0o000)
    expect(await faultOf({ hid: NAME })).toMatchObject({
      code: 'port-forbidden',
      hint: expect.stringContaining('udev rule'),
    })
  })
})
