/** Whatever bytes come, in whatever packets. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SUFFIXES, type Suffix } from '../../../src/domain/scanner.ts'
import { FRAME_ENDS, SCAN_MAX_BYTES, withoutLineControls } from '../../../src/scanners/framing/frame-ends.ts'
import { GIVE_UP_AFTER_MS } from '../../../src/scanners/framing/framer.ts'
import { type FramingBench, framingBench } from '../../support/scanner-frames.ts'

const suffix = fc.constantFrom(...SUFFIXES)
const realSuffix = fc.constantFrom(...SUFFIXES.filter((one) => one !== 'none'))
/** Those that begin or end a scan, by one suffix or another. */
const ENDS = [0x02, 0x03, 0x09, 0x0a, 0x0d]
/** Bytes of every kind, among which those that end and begin scans are frequent. */
const anyBytes = fc
  .array(fc.oneof(fc.constantFrom(...ENDS), fc.nat(0xff)), { maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'))
/** A code as scanners read it, without a byte that begins or ends a scan, and with none at its ends that belongs to the line. */
const code = fc
  .array(
    fc.nat(0xff).filter((byte) => !ENDS.includes(byte)),
    { minLength: 1, maxLength: 60 },
  )
  .map((bytes) => Buffer.from(bytes))
  .filter((bytes) => bytes.length > 0 && withoutLineControls(bytes).length === bytes.length)
  .map((bytes) => bytes.toString('latin1'))
const cuts = fc.array(fc.nat(10_000), { maxLength: 40 })

function endOf(one: Suffix): string {
  return Buffer.from(FRAME_ENDS[one].bytes).toString('latin1')
}

/** Sends a text cut into packets at these places, as far as they lie within it. */
function sendCut(bench: FramingBench, text: string, places: readonly number[]): void {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b)
  for (const [index, start] of [0, ...at].entries()) bench.take(text.slice(start, at[index] ?? text.length))
}

test('the same stream gives the same scans, however it is cut into packets', () => {
  fc.assert(
    fc.property(suffix, anyBytes, cuts, (one, text, places) => {
      const [whole, cut] = [framingBench(one), framingBench(one)]
      whole.take(text)
      sendCut(cut, text, places)
      for (const bench of [whole, cut]) bench.pause(GIVE_UP_AFTER_MS)
      expect(cut.out).toEqual(whole.out)
    }),
    { numRuns: 2_000 },
  )
})

test('every code that was sent with its suffix is read, in order', () => {
  fc.assert(
    fc.property(realSuffix, fc.array(code, { maxLength: 20 }), cuts, (one, codes, places) => {
      const bench = framingBench(one)
      sendCut(bench, codes.map((text) => text + endOf(one)).join(''), places)
      expect(bench.out).toEqual(codes)
    }),
    { numRuns: 1_000 },
  )
})

test('the next good scan is unharmed by whatever came before a pause', () => {
  fc.assert(
    fc.property(realSuffix, anyBytes, code, cuts, (one, noise, good, places) => {
      const bench = framingBench(one)
      sendCut(bench, noise, places)
      bench.pause(GIVE_UP_AFTER_MS)
      bench.take(good + endOf(one))
      expect(bench.out.at(-1)).toBe(good)
    }),
    { numRuns: 2_000 },
  )
})

test('64 KiB without an end are counted, and harm nothing behind them', () => {
  fc.assert(
    fc.property(
      realSuffix,
      fc.integer({ min: SCAN_MAX_BYTES, max: 65_536 }),
      code,
      cuts,
      (one, length, good, places) => {
        const bench = framingBench(one)
        sendCut(bench, `${'x'.repeat(length)}${endOf(one)}${good}${endOf(one)}`, places)
        expect(bench.out).toEqual([length + endOf(one).length, good])
      },
    ),
    { numRuns: 200 },
  )
})

test('no scan is longer than 4 KiB, and none is empty', () => {
  fc.assert(
    fc.property(suffix, fc.array(anyBytes, { maxLength: 30 }), (one, packets) => {
      const bench = framingBench(one)
      for (const packet of packets) {
        bench.take(packet)
        bench.pause(packet.length % 2 === 0 ? GIVE_UP_AFTER_MS : 10)
      }
      for (const read of bench.out) {
        const length = typeof read === 'string' ? read.length : read
        expect(length).toBeGreaterThan(0)
        if (typeof read === 'string') expect(length).toBeLessThanOrEqual(SCAN_MAX_BYTES)
      }
    }),
    { numRuns: 500 },
  )
})
