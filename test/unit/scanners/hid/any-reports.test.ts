/** Whatever a device sends: no crash, bounded memory, and the next good scan is read as ever. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SUFFIXES } from '../../../../src/domain/scanner.ts'
import { SCAN_MAX_BYTES } from '../../../../src/scanners/framing/frame-ends.ts'
import { keyboardLayoutOf } from '../../../../src/scanners/hid/keyboard/keyboard-layout.ts'
import { KeyboardReader } from '../../../../src/scanners/hid/keyboard/keyboard-reader.ts'
import { posLayoutOf } from '../../../../src/scanners/hid/pos/pos-layout.ts'
import { PosReader } from '../../../../src/scanners/hid/pos/pos-reader.ts'
import { applicationOf, fieldsOf } from '../../../../src/scanners/hid/report-descriptor.ts'
import type { Read, ReportReader } from '../../../../src/scanners/hid/report-reader.ts'
import { typed } from '../../../support/typed-reports.ts'
import { KEYBOARD_DESCRIPTOR, POS_DESCRIPTOR } from '../../../support/usb-folders.ts'

const anyReport = fc.uint8Array({ maxLength: 70 })
const keyReport = fc
  .array(fc.integer({ min: 0, max: 0x73 }), { maxLength: 6 })
  .chain((keys) => fc.integer({ min: 0, max: 255 }).map((modifiers) => Uint8Array.of(modifiers, 0, ...keys)))
const posReport = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.uint8Array({ minLength: 59, maxLength: 59 }), fc.boolean())
  .map(([length, rest, goesOn]) => Uint8Array.of(2, length, ...rest, 0, 0, Number(goesOn)))
const reports = fc.array(fc.oneof(anyReport, keyReport, posReport, fc.constant('pause' as const)), {
  maxLength: 300,
})
const described = fc.boolean()

function play(reader: ReportReader, stream: readonly (Uint8Array | 'pause')[]): readonly Read[] {
  return stream.flatMap((report) => (report === 'pause' ? reader.pause() : reader.read(report)))
}

function expectBounded(reads: readonly Read[]): void {
  for (const read of reads)
    if (read.kind === 'code') expect(read.bytes.length).toBeLessThanOrEqual(SCAN_MAX_BYTES)
    else expect(read.count).toBeGreaterThan(0)
}

test('a keyboard: after a pause the next code is read', () => {
  fc.assert(
    fc.property(reports, fc.constantFrom(...SUFFIXES), described, (stream, suffix, isDescribed) => {
      const layout = isDescribed ? keyboardLayoutOf(Buffer.from(KEYBOARD_DESCRIPTOR, 'hex')) : undefined
      const reader = new KeyboardReader(layout ?? null, suffix)
      expectBounded(play(reader, stream))
      reader.pause()
      const [read] = play(reader, bytesOf(typed('wo123')))
      expect(read).toEqual({ kind: 'code', bytes: Buffer.from('wo123'), aimId: null })
      expect(reader.dueMs).toBeNull()
    }),
  )
})

test('HID POS: after a pause, the next code is read', () => {
  const good = Uint8Array.of(2, 4, ...Buffer.from(']C0WO-1'), ...Buffer.alloc(55))
  fc.assert(
    fc.property(reports, described, (stream, isDescribed) => {
      const layout = isDescribed ? posLayoutOf(Buffer.from(POS_DESCRIPTOR.replaceAll(' ', ''), 'hex')) : null
      const reader = new PosReader(layout ?? null, Buffer.from('\r'))
      expectBounded(play(reader, stream))
      reader.pause()
      expect(reader.dueMs).toBeNull()
      expect(play(reader, [good])).toEqual([{ kind: 'code', bytes: Buffer.from('WO-1'), aimId: ']C0' }])
    }),
  )
})

test('any descriptor: its fields lie within the longest report', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (descriptor) => {
      applicationOf(descriptor)
      keyboardLayoutOf(descriptor)
      posLayoutOf(descriptor)
      for (const { firstBit, bits, count } of fieldsOf(descriptor))
        expect(firstBit + bits * count).toBeLessThanOrEqual(8 * 8192)
    }),
  )
})

function bytesOf(hex: readonly string[]): readonly Uint8Array[] {
  return hex.map((report) => Uint8Array.from(Buffer.from(report, 'hex')))
}
