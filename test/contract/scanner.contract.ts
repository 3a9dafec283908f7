/** What every transport of scanners promises, run against a simulated scanner on a real socket or terminal. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SimulatedScanner } from '../../simulators/scanner/scanner.ts'
import { LinkLost } from '../../src/domain/errors.ts'
import type { Scanner, ScannerItem, ScannerTransport } from '../../src/domain/scanner.ts'
import { codesOf, endOfScanner, itemsUntil, scannerContext } from '../support/scanner-bench.ts'

/** A scanner that is plugged in and sends CR after each code. */
export interface ScannerUnderTest extends AsyncDisposable {
  readonly transport: ScannerTransport
  readonly scanner: Scanner
  readonly device: SimulatedScanner
  /** Whether the gateway holds the port open, as far as the other end can see. */
  isOpen(): Promise<boolean>
}

const GOOD_BEEP = Buffer.from([0x06])

export function scannerContract(name: string, start: () => Promise<ScannerUnderTest>): void {
  describe(`the ${name} transport`, () => {
    let under: ScannerUnderTest
    let abort: AbortController

    beforeEach(async () => {
      under = await start()
      abort = new AbortController()
    })
    afterEach(async () => {
      abort.abort()
      await under[Symbol.asyncDispose]()
    })

    const connect = () => under.transport.connect(under.scanner, scannerContext(), abort.signal)
    const isOpened = (items: readonly ScannerItem[]) => items.length > 0
    const hasCodes = (count: number) => (items: readonly ScannerItem[]) =>
      items.filter(({ kind }) => kind === 'scan').length >= count

    test('says first where it found the port', async () => {
      await using link = await connect()
      const [first] = await itemsUntil(link, isOpened)
      expect(first).toMatchObject({
        kind: 'opened',
        where: expect.stringContaining(under.device.cable.address),
      })
    })

    test('gives each code as it was sent, in order, with the moment of its last byte', async () => {
      await using link = await connect()
      const reading = itemsUntil(link, hasCodes(5))
      const beforeMs = scannerContext().now().monoMs
      await under.device.play([
        { scan: 'WO-4711' },
        { scan: '010401234567890110LOT42\x1d21S1' },
        { split: '[)>\x1e06\x1dP4711\x1dQ20\x1e\x04', into: 4 },
        { together: ['FIRST', 'SECOND'] },
      ])
      const items = await reading
      expect(codesOf(items)).toEqual([
        'WO-4711',
        '010401234567890110LOT42\x1d21S1',
        '[)>\x1e06\x1dP4711\x1dQ20\x1e\x04',
        'FIRST',
        'SECOND',
      ])
      const times = items.flatMap((item) => (item.kind === 'scan' ? item.at.monoMs : []))
      expect(times[0]).toBeGreaterThanOrEqual(beforeMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    })

    test('carries the beep back to the scanner, byte by byte', async () => {
      await using link = await connect()
      const bytes = Buffer.from([0x16, 0x07, 0x0d, 0x0a, 0x00, 0xff])
      const reading = itemsUntil(link, hasCodes(1)).then(() => link.acknowledge?.(bytes))
      await under.device.play([{ scan: 'WO-4711' }])
      await reading
      await expect.poll(() => Buffer.concat(under.device.beeps.map((beep) => beep.bytes))).toEqual(bytes)
    })

    test('does not let noise before a pause into the next scan', async () => {
      await using link = await connect()
      const reading = itemsUntil(link, hasCodes(2))
      await under.device.play([{ scan: 'WO-1' }, { garbage: 40 }, { pause: '1500ms' }, { scan: 'WO-2' }])
      const items = await reading
      expect(codesOf(items)).toEqual(['WO-1', 'WO-2'])
      expect(items.filter(({ kind }) => kind === 'discarded')).toMatchObject([{ count: 40 }])
    })

    test('delivers what came before the scanner went away, and ends with LinkLost', async () => {
      await using link = await connect()
      const end = endOfScanner(link)
      const taken = under.device.play([{ scan: 'WO-1' }])
      await taken
      await under.device.cable.unplug()
      const { items, fault } = await end
      expect(codesOf(items)).toEqual(['WO-1'])
      expect(fault).toBeInstanceOf(LinkLost)
      expect(fault).toMatchObject({ message: expect.stringContaining('ST-12'), hint: expect.any(String) })
    })

    test('says what to do where nobody is there', async () => {
      await under.device.cable.unplug()
      const fault = await connect().catch((error: unknown) => error)
      expect(fault).toBeInstanceOf(LinkLost)
      expect(fault).toMatchObject({ message: expect.stringContaining('ST-12'), hint: expect.any(String) })
    })

    test('refuses a beep once the scanner is gone', async () => {
      await using link = await connect()
      const end = endOfScanner(link)
      await under.device.cable.unplug()
      await end
      await expect(link.acknowledge?.(GOOD_BEEP)).rejects.toThrow(LinkLost)
    })

    test('ends without an error when it is aborted', async () => {
      await using link = await connect()
      const end = endOfScanner(link)
      abort.abort()
      expect((await end).fault).toBeUndefined()
    })

    test('does not begin when it is aborted before', async () => {
      abort.abort()
      await expect(connect()).rejects.toThrow(LinkLost)
    })

    test('closes the port when it is disposed', async () => {
      const link = await connect()
      await itemsUntil(link, isOpened)
      await expect.poll(() => under.isOpen(), { timeout: 60_000 }).toBe(true)
      await link[Symbol.asyncDispose]()
      await expect.poll(() => under.isOpen(), { timeout: 60_000 }).toBe(false)
    })

    test('holds the scanner back while nobody takes what comes, and loses nothing', async () => {
      await using link = await connect()
      const codes = Array.from({ length: 3_000 }, (_, index) => `CODE-${index}`)
      const sending = under.device.cable.send(Buffer.from(codes.map((code) => `${code}\r`).join('')))
      const items = await itemsUntil(link, hasCodes(codes.length))
      await sending
      expect(codesOf(items)).toEqual(codes)
    })
  })
}
