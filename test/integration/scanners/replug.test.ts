/** A scanner that is pulled out and plugged in again, each time on another terminal and under another number. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ptyCable } from '../../../simulators/scanner/pty-cable.ts'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { keepLink } from '../../../src/collector/keep-link.ts'
import type { LinkLost } from '../../../src/domain/errors.ts'
import type { ScannerItem, ScannerLink } from '../../../src/domain/scanner.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { codesOf, openedAs, scannerContext, scannerOf } from '../../support/scanner-bench.ts'
import { transportOf } from '../../support/scanner-folders.ts'
import { GRANIT, type UsbPorts, usbPorts } from '../../support/usb-ports.ts'

const REPLUGS = 20
const SCANS_A_PLUG = 3
/** A device that is back is read within 2 s on a computer that is not busy with other tests. */
const FOUND_MAX_MS = 60_000
const BEEP = Buffer.from([0x06])

let usb: UsbPorts
let abort: AbortController
beforeEach(async () => {
  usb = await usbPorts()
  abort = new AbortController()
})
afterEach(async () => {
  abort.abort()
  await usb[Symbol.asyncDispose]()
})

/** What the collector sees of the scanner with this serial number; each scan gets its beep. */
function collect() {
  const transport = transportOf('usb_serial', usb.folders)
  const scanner = scannerOf(transport, { usb_serial: GRANIT.serialNumber })
  const items: ScannerItem[] = []
  const faults: LinkLost[] = []
  let link: ScannerLink | undefined
  const kept = keepLink<ScannerItem>(
    {
      name: scanner.id,
      connect: async (signal) => {
        link = await transport.connect(scanner, scannerContext(), signal)
        return link
      },
      up: async () => {},
      take: (item) => {
        items.push(item)
        return item.kind === 'scan' ? link?.acknowledge?.(BEEP) : undefined
      },
      down: async (fault) => void faults.push(fault),
    },
    { clock: systemClock, random: Math.random },
    abort.signal,
  )
  return { items, faults, kept, ports: () => items.flatMap((item) => openedAs([item])?.where ?? []) }
}

// Fault of the catalogue: [A14]
test(`a scanner is found again ${REPLUGS} times by its serial number, and no scan is lost`, async () => {
  await using cable = await ptyCable(join(usb.root, 'scanner'))
  await using device = new SimulatedScanner({ name: 'ST-12', cable })
  const seen = collect()
  const script = Array.from({ length: SCANS_A_PLUG }, (_, index) => index)
  for (let plug = 0; plug < REPLUGS; plug += 1) {
    await usb.addPort(`ttyACM${plug % 3}`, GRANIT, cable.address)
    await expect.poll(() => seen.ports().length, { timeout: FOUND_MAX_MS, interval: 5 }).toBe(plug + 1)
    await device.play(script.map((index) => ({ scan: `CODE-${plug}-${index}` })))
    await cable.unplug()
    await usb.removePort(`ttyACM${plug % 3}`, GRANIT)
    await cable.plugIn()
  }
  abort.abort()
  await seen.kept

  const sent = device.sent.map(({ code }) => code)
  expect(sent).toHaveLength(REPLUGS * SCANS_A_PLUG)
  expect(codesOf(seen.items)).toEqual(sent)
  expect(device.beeps).toHaveLength(sent.length)
  const ports = seen.ports()
  for (const [index, port] of ports.slice(1).entries()) expect(port).not.toBe(ports[index])
  const codes = seen.faults.map(({ code }) => code)
  expect(codes).toContain('port-unplugged')
  // Plugged in again quickly, it may never be missed; and for a moment the system shows the device without its port.
  const others = ['port-missing', 'port-not-serial']
  expect(codes.filter((code) => code !== 'port-unplugged' && !others.includes(code))).toEqual([])
})

test('a scanner whose port is gone without a word is noticed, and found under its new number', async () => {
  await using first = await ptyCable(join(usb.root, 'first'))
  await using second = await ptyCable(join(usb.root, 'second'))
  await using device = new SimulatedScanner({ name: 'ST-12', cable: second })
  const seen = collect()
  await usb.addPort('ttyACM0', GRANIT, first.address)
  await expect.poll(() => seen.ports().length, { timeout: FOUND_MAX_MS }).toBe(1)
  // The terminal stays open: only its name goes away, as with drivers that never report an unplugged device.
  await usb.removePort('ttyACM0', GRANIT)
  await usb.addPort('ttyACM1', GRANIT, second.address)
  await expect.poll(() => seen.ports().length, { timeout: FOUND_MAX_MS }).toBe(2)
  await device.play([{ scan: 'WO-4711' }])
  expect(codesOf(seen.items)).toEqual(['WO-4711'])
  expect(device.beeps).toHaveLength(1)
})
