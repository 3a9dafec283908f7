import { describe, expect, test } from 'vitest'
import { SUFFIXES, type Suffix } from '../../../src/domain/scanner.ts'
import { SCAN_MAX_BYTES } from '../../../src/scanners/framing/frame-ends.ts'
import { FLUSH_AFTER_MS, GIVE_UP_AFTER_MS } from '../../../src/scanners/framing/framer.ts'
import { framingBench } from '../../support/scanner-frames.ts'

/** What a scanner sends, packet by packet, and what is read: a text is a scan, a number counts bytes that were none. */
type Case = readonly [
  what: string,
  suffix: Suffix,
  packets: readonly string[],
  read: readonly (string | number)[],
]

const CASES: readonly Case[] = [
  ['one scan', 'CR', ['WO-4711\r'], ['WO-4711']],
  ['one scan in three packets', 'CR', ['WO', '-47', '11\r'], ['WO-4711']],
  ['two scans in one packet', 'CR', ['A\rB\r'], ['A', 'B']],
  [
    'the end of one scan and the beginning of the next in one packet',
    'CR',
    ['A1', '\rB', '1\r'],
    ['A1', 'B1'],
  ],
  ['empty scans', 'CR', ['\r\r\rA\r\r'], ['A']],
  ['CR and LF where CR is expected', 'CR', ['A\r\nB\r', '\n', 'C\r\n'], ['A', 'B', 'C']],
  ['LF', 'LF', ['A\nB\n'], ['A', 'B']],
  ['CR and LF where LF is expected', 'LF', ['A\r\nB\r', '\n'], ['A', 'B']],
  ['CR and LF', 'CRLF', ['A\r\nB\r', '\nC', '\r\n'], ['A', 'B', 'C']],
  ['CR alone within a scan that ends with both', 'CRLF', ['A\rB\r\nC\r\r\n'], ['A\rB', 'C']],
  ['ETX', 'ETX', ['A\x03B\x03'], ['A', 'B']],
  ['STX and ETX', 'ETX', ['\x02A\x03\x02B\x03'], ['A', 'B']],
  ['CR and LF behind ETX', 'ETX', ['\x02A\x03\r\n\x02B\x03\r\n'], ['A', 'B']],
  ['noise between ETX and STX', 'ETX', ['\x02A\x03xyz\x02B\x03'], ['A', 3, 'B']],
  [
    'GS, RS, EOT and NUL within a code',
    'CR',
    ['[)>\x1e06\x1dP1\x00\x1e\x04\r'],
    ['[)>\x1e06\x1dP1\x00\x1e\x04'],
  ],
  ['bytes that are no text', 'CR', ['\x80\xe4\xff\x7f\r'], ['\x80\xe4\xff\x7f']],
  ['STX and ETX where CR is expected', 'CR', ['\x02A\x03\r'], ['A']],
  ['NUL that keeps a connection alive', 'CR', ['\0', 'A\r\0', '\0B\r', '\0'], ['A', 'B']],
  ['XON and XOFF between scans', 'CR', ['\x11A\r\x13', '\x11B\r'], ['A', 'B']],
  ['the ACK of a scanner that was made to beep', 'CR', ['A\r\x06', 'B\r'], ['A', 'B']],
  ['nothing but control characters', 'CR', ['\x16\x07\r\xff\r'], []],
  ['a TAB, an ETX or an EOT where CR is expected', 'CR', ['A\t\rB\x03\rC\x04\r'], ['A', 'B', 'C']],
  ['separators at both ends', 'CR', ['\x1dA\x1d\r', '\tB\r'], ['\x1dA\x1d', '\tB']],
  [
    'an ISO 15434 envelope within STX and ETX',
    'CR',
    ['\x02[)>\x1e06\x1dP1\x1e\x04\x03\r'],
    ['[)>\x1e06\x1dP1\x1e\x04'],
  ],
  ['blanks at both ends', 'CR', [' A \r'], [' A ']],
]

describe('scans are cut out of', () => {
  test.each(CASES)('%s', (_, suffix, packets, read) => {
    const bench = framingBench(suffix)
    for (const packet of packets) bench.take(packet)
    expect(bench.out).toEqual(read)
  })
})

describe('a silence in which nothing could be read', () => {
  test.each([FLUSH_AFTER_MS - 1, FLUSH_AFTER_MS + 1, GIVE_UP_AFTER_MS, 60_000])(
    'of %i ms in which the process stood still cuts no scan in two',
    (ms) => {
      const unknown = framingBench('CR')
      unknown.take('WO-')
      unknown.standStill(ms, '4711\r')
      expect(unknown.out).toEqual(['WO-4711'])
      const known = framingBench('CR')
      known.take('A\rWO-')
      known.standStill(ms, '4711\r')
      expect(known.out).toEqual(['A', 'WO-4711'])
    },
  )

  test('because the port was held back cuts no scan in two', () => {
    const bench = framingBench('CR')
    bench.take('A\rWO-')
    bench.framer.hold(true)
    bench.pause(60_000)
    bench.framer.hold(false)
    bench.take('4711\r')
    expect(bench.out).toEqual(['A', 'WO-4711'])
  })

  test('is waited for again once the port is released', () => {
    const bench = framingBench('CR')
    bench.take('A\rWO-')
    bench.framer.hold(true)
    bench.pause(60_000)
    bench.framer.hold(false)
    bench.pause(GIVE_UP_AFTER_MS - 1)
    expect(bench.out).toEqual(['A'])
    bench.pause(1)
    expect(bench.out).toEqual(['A', 3])
  })
})

describe('a pause', () => {
  test.each(SUFFIXES)('ends a scan where no suffix ever came: %s', (suffix) => {
    const bench = framingBench(suffix)
    bench.take('WO-')
    bench.pause(FLUSH_AFTER_MS - 1)
    bench.take('4711')
    bench.pause(FLUSH_AFTER_MS - 1)
    expect(bench.out).toEqual([])
    bench.pause(1)
    bench.take('NEXT')
    bench.pause(FLUSH_AFTER_MS)
    expect(bench.out).toEqual(['WO-4711', 'NEXT'])
  })

  test('takes off the line end that the scanner sends against its map', () => {
    const bench = framingBench('ETX')
    bench.take('WO-4711\r\n')
    bench.pause(FLUSH_AFTER_MS)
    expect(bench.out).toEqual(['WO-4711'])
  })

  test('ends no scan once suffixes have come', () => {
    const bench = framingBench('CR')
    bench.take('A\rWO-')
    bench.pause(GIVE_UP_AFTER_MS - 1)
    bench.take('4711\r')
    expect(bench.out).toEqual(['A', 'WO-4711'])
  })

  test('keeps half a scan out of the next one', () => {
    const bench = framingBench('CR')
    bench.take('A\rWO-47')
    bench.pause(GIVE_UP_AFTER_MS)
    bench.take('WO-4712\r')
    expect(bench.out).toEqual(['A', 5, 'WO-4712'])
  })

  test('gives nothing where nothing but a line end came', () => {
    const bench = framingBench('CR')
    bench.take('A\r\n')
    bench.pause(GIVE_UP_AFTER_MS)
    expect(bench.out).toEqual(['A'])
  })

  test('gives nothing where a device server keeps its connection alive with a NUL', () => {
    const bench = framingBench('CR')
    bench.take('\0')
    bench.pause(FLUSH_AFTER_MS)
    bench.take('A\r\0')
    bench.pause(GIVE_UP_AFTER_MS)
    expect(bench.out).toEqual(['A'])
  })

  test('is measured from the last byte, and the scan has its moment', () => {
    const bench = framingBench('none')
    bench.take('A')
    bench.pause(50)
    bench.take('B')
    bench.pause(FLUSH_AFTER_MS)
    expect(bench.items).toMatchObject([{ kind: 'scan', at: { monoMs: 1_050 } }])
  })
})

describe('what is no part of a scan', () => {
  test('leaves the next scan whole: a NUL of a device server, or the ACK of a scanner', () => {
    const bench = framingBench('CR')
    bench.take('A\r\x06')
    bench.pause(GIVE_UP_AFTER_MS)
    bench.take('\0')
    bench.pause(GIVE_UP_AFTER_MS)
    bench.take('B\r')
    expect(bench.items.map((item) => 'mayBePart' in item)).toEqual([true, false])
  })

  test('is a prefix alone, as the heartbeat of a device server', () => {
    const bench = framingBench('CR', 'usr.cn')
    bench.take('usr.cnA\rusr.cn')
    bench.pause(GIVE_UP_AFTER_MS)
    bench.take('usr.c')
    bench.pause(GIVE_UP_AFTER_MS)
    expect(bench.out).toEqual(['usr.cnA', 5])
  })
})

describe('too many bytes', () => {
  const longest = 'x'.repeat(SCAN_MAX_BYTES - 1)

  test('are a scan up to 4 KiB with the suffix', () => {
    const bench = framingBench('CR')
    bench.take(`${longest}\r`)
    expect(bench.out).toEqual([longest])
  })

  test('are counted up to the next suffix, and the scan behind it is whole', () => {
    const bench = framingBench('CR')
    bench.take(`${longest}xx`)
    bench.take('y'.repeat(100_000))
    expect(bench.out).toEqual([])
    bench.take('\rWO-4711\r')
    expect(bench.out).toEqual([SCAN_MAX_BYTES + 1 + 100_000 + 1, 'WO-4711'])
  })

  test.each(SUFFIXES)('are counted up to a pause where no suffix comes: %s', (suffix) => {
    const bench = framingBench(suffix)
    bench.take('x'.repeat(65_536))
    bench.pause(FLUSH_AFTER_MS)
    bench.take('WO-4711')
    bench.pause(FLUSH_AFTER_MS)
    expect(bench.out).toEqual([65_536, 'WO-4711'])
  })
})

test('half a scan is none when the link is lost', () => {
  const bench = framingBench('CR')
  bench.take('A\rWO-4')
  bench.framer.close('cut off')
  bench.pause(GIVE_UP_AFTER_MS)
  expect(bench.out).toEqual(['A', 4])
})

test('why bytes were no scan is said, and never which they were', () => {
  const bench = framingBench('CR')
  bench.take('A\rB4711')
  bench.pause(GIVE_UP_AFTER_MS)
  expect(bench.items.at(-1)).toEqual({
    kind: 'discarded',
    count: 5,
    why: 'came without the suffix that ends a scan',
  })
})

describe('a scan may be a part of one', () => {
  const doubted = (suffix: Suffix, ...packets: readonly (string | number)[]) => {
    const bench = framingBench(suffix)
    for (const packet of packets)
      if (typeof packet === 'number') bench.pause(packet)
      else bench.take(packet)
    return bench.items.flatMap((item) => (item.kind === 'scan' && item.mayBePart ? [item] : [])).length
  }

  test('where it is the first that a link brings', () => {
    expect(doubted('CR', 'A\r', 'B\r')).toBe(1)
    expect(doubted('none', 'A', FLUSH_AFTER_MS, 'B', FLUSH_AFTER_MS)).toBe(1)
  })

  test('where a pause ended what came before it, or it was given up', () => {
    expect(doubted('CR', 'A', FLUSH_AFTER_MS, 'B\r', 'C\r')).toBe(2)
    expect(doubted('CR', 'A\r', 'B', GIVE_UP_AFTER_MS, 'C\r', 'D\r')).toBe(2)
  })

  test('but not each one of a scanner that sends no suffix', () => {
    expect(doubted('CR', 'A', FLUSH_AFTER_MS, 'B', FLUSH_AFTER_MS, 'C', FLUSH_AFTER_MS)).toBe(1)
  })
})

describe('bytes without end', () => {
  test.each(SUFFIXES.filter((suffix) => suffix !== 'none'))(
    'leave the next scan whole, with %s',
    (suffix) => {
      const end = { CR: '\r', LF: '\n', CRLF: '\r\n', ETX: '\x03', TAB: '\t', none: '' }[suffix]
      for (const last of ['', '\r', 'x'.repeat(SCAN_MAX_BYTES)]) {
        const bench = framingBench(suffix)
        bench.take('x'.repeat(SCAN_MAX_BYTES + 1))
        bench.take(`${'y'.repeat(70_000)}${last}`)
        bench.take(`${end}WO-1${end}`)
        expect(bench.out.at(-1)).toBe('WO-1')
      }
    },
  )
})

test.each([
  ['CR', 'A\n', true],
  ['CRLF', 'A\r', true],
  ['CR', 'A\r', false],
  ['none', 'A\r', false],
] as const)(
  'a scan says whether a pause ended it although a suffix is set: %s, %j',
  (suffix, packet, isEndedByPause) => {
    const bench = framingBench(suffix)
    bench.take(packet)
    bench.pause(FLUSH_AFTER_MS)
    expect(bench.items.map((item) => item.kind === 'scan' && item.withoutSuffix === true)).toEqual([
      isEndedByPause,
    ])
  },
)
