import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Suffix } from '../../../../src/domain/scanner.ts'
import { keyboardLayoutOf } from '../../../../src/scanners/hid/keyboard/keyboard-layout.ts'
import { KeyboardReader } from '../../../../src/scanners/hid/keyboard/keyboard-reader.ts'
import { posLayoutOf } from '../../../../src/scanners/hid/pos/pos-layout.ts'
import { PosReader } from '../../../../src/scanners/hid/pos/pos-reader.ts'
import type { Read, ReportReader } from '../../../../src/scanners/hid/report-reader.ts'

interface Stream {
  readonly name: string
  readonly suffix?: Suffix
  readonly descriptor?: string
  readonly reports: readonly string[]
  readonly reads: readonly Expected[]
}

type Expected =
  | { readonly code: string; readonly aim?: string }
  | { readonly hex: string; readonly aim?: string }
  | { readonly discarded: number; readonly why: string }

const SUFFIX_BYTES: Partial<Record<Suffix, string>> = { CR: '\r', LF: '\n', CRLF: '\r\n', ETX: '\x03' }

function keyboardReader({ suffix = 'CR', descriptor }: Stream): ReportReader {
  return new KeyboardReader(descriptor ? (keyboardLayoutOf(bytesOf(descriptor)) ?? fail()) : null, suffix)
}

function posReader({ suffix = 'CR', descriptor }: Stream): ReportReader {
  const layout = descriptor ? (posLayoutOf(bytesOf(descriptor)) ?? fail()) : null
  return new PosReader(layout, Buffer.from(SUFFIX_BYTES[suffix] ?? ''))
}

describe.each([
  ['keyboard', keyboardReader],
  ['keyboard-descriptors', keyboardReader],
  ['pos', posReader],
] as const)('%s', (file, readerOf) => {
  test.each(streams(file))('$name', (stream) => {
    const reader = readerOf(stream)
    const reads = stream.reports.flatMap((report) =>
      report === 'pause' ? reader.pause() : reader.read(bytesOf(report)),
    )
    expect(reads.map(shown)).toEqual(stream.reads.map(expectedText))
    expect(reader.dueMs, 'a code is left begun').toBeNull()
  })
})

test('waits for the end of a code only while one is begun', () => {
  const reader = new KeyboardReader(null, 'CR')
  expect(reader.dueMs).toBeNull()
  reader.read(bytesOf('00 00 04 00 00 00 00 00'))
  expect(reader.dueMs).toBe(1000)
  expect(new KeyboardReader(null, 'none').dueMs).toBeNull()
})

test('keeps no more than 4 KiB of what is typed without an end, and says so at the end', () => {
  const reader = new KeyboardReader(null, 'CR')
  for (let index = 0; index < 10_000; index++)
    reader.read(bytesOf(`00 00 0${4 + (index % 2)} 00 00 00 00 00`))
  expect(reader.read(bytesOf('00 00 28 00 00 00 00 00'))).toEqual([
    { kind: 'discarded', count: 10_000, why: 'longer than 4096 bytes' },
  ])
})

test('keeps no more than 4 KiB of a code that goes on without an end, and reads the next one', () => {
  const reader = new PosReader(null, Buffer.from('\r'))
  const part = Buffer.concat([Buffer.from([2, 56]), Buffer.from(`]Q1${'x'.repeat(56)}\0\0\x01`)])
  for (let index = 0; index < 1000; index++) expect(reader.read(part)).toEqual([])
  const last = Uint8Array.from(part).fill(0, 63)
  expect(reader.read(last)).toEqual([{ kind: 'discarded', count: 56_056, why: 'longer than 4096 bytes' }])
  expect(reader.read(last).map(shown)).toEqual([`]Q1 ${Buffer.from('x'.repeat(56)).toString('hex')}`])
})

function streams(file: string): readonly Stream[] {
  return parse(readFileSync(new URL(`../../../cases/hid/${file}.yaml`, import.meta.url), 'utf8'))
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

/** As hex, so that control characters can be compared by eye. */
function shown(read: Read): string {
  if (read.kind === 'discarded') return `${read.count} discarded: ${read.why}`
  return `${read.aimId} ${Buffer.from(read.bytes).toString('hex')}`
}

function expectedText(expected: Expected) {
  if ('discarded' in expected)
    return expect.stringMatching(new RegExp(`^${expected.discarded} discarded: .*${expected.why}`))
  const hex =
    'hex' in expected ? expected.hex.replaceAll(' ', '') : Buffer.from(expected.code).toString('hex')
  return `${expected.aim ?? null} ${hex}`
}

function fail(): never {
  throw new Error('the descriptor of this case cannot be read')
}
