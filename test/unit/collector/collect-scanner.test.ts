import { expect, onTestFinished, test, vi } from 'vitest'
import { collectScanner } from '../../../src/collector/collect-scanner.ts'
import { ScannerRecord } from '../../../src/collector/scanner-record.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import type { UnderstoodScan } from '../../../src/domain/scan.ts'
import type { RawScan } from '../../../src/domain/scanner.ts'
import type { Answer } from '../../../src/domain/subject.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { recordingLog } from '../../support/buffer.ts'
import { paperScanner, rawScan } from '../../support/paper-scanner.ts'

const START: Instant = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 10_000 }
const STORED = Promise.resolve()

/**
 * A station that answers as it is told to, and a disk that stores when it is told to.
 * @param earlier whose scanner this one is, after its map was changed
 */
function bench(earlier?: { readonly record: ScannerRecord }) {
  let now = START
  const clock = { ...systemClock, now: () => now }
  const scanner = paperScanner()
  const { log, lines } = recordingLog()
  const delivered: string[] = []
  const station = {
    read: async (raw: RawScan) => understood(raw),
    answer: (_code: string): Answer => ({ verdict: 'good', why: null }),
    durable: (_code: string): Promise<void> => STORED,
  }
  const record = earlier?.record ?? new ScannerRecord(scanner.port, clock)
  const collector = collectScanner({
    map: { port: scanner.port, acknowledgement: { good: Buffer.from('G'), bad: Buffer.from('B') } },
    transport: scanner.transport,
    record,
    clock,
    random: () => 0,
    log,
    readScan: (raw) => station.read(raw),
    deliver: (message) => {
      const code = message.kind === 'scan' ? message.code.data : 'badge'
      delivered.push(code)
      const durable = station.durable(code)
      collector.answered(station.answer(code), durable)
      return { durable, crowded: false }
    },
  })
  const stop = new AbortController()
  const running = collector.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  const passes = (ms: number) => {
    now = shift(now, ms)
  }
  const scan = (code: string) => scanner.bring(rawScan(code, { ...now }))
  const troubles = () => collector.health().troubles.map(({ code, what }) => `${code}: ${what}`)
  const connected = () => vi.waitFor(() => expect(collector.health().summary.state).toBe('connected'), 60_000)
  return {
    scanner,
    station,
    collector,
    record,
    delivered,
    lines,
    passes,
    scan,
    troubles,
    connected,
    stop,
    running,
  }
}

function understood({ bytes, at }: RawScan): UnderstoodScan {
  const code = {
    data: Buffer.from(bytes).toString(),
    aimId: null,
    scanType: 'unknown',
    meaning: { kind: 'unknown' },
    lookup: null,
    fields: {},
    marks: [],
  } as const
  return { kind: 'scan', subject: 'station:ST-12', at, code, found: null }
}

test('beeps once what was scanned is on disk, and never before', async () => {
  const { scanner, station, scan, connected, delivered } = bench()
  const disk = Promise.withResolvers<void>()
  station.durable = () => disk.promise
  await connected()
  scan('A1')
  await vi.waitFor(() => expect(delivered).toEqual(['A1']), 60_000)
  expect(scanner.sent).toEqual([[]])
  disk.resolve()
  await vi.waitFor(() => expect(scanner.sent).toEqual([['G']]), 60_000)
})

test('a scan that stores nothing is not confirmed before the one in front of it is on disk', async () => {
  const { scanner, station, scan, connected, delivered } = bench()
  const disk = Promise.withResolvers<void>()
  station.durable = (code) => (code === 'first' ? disk.promise : STORED)
  await connected()
  scan('first')
  scan('the same again')
  await vi.waitFor(() => expect(delivered).toHaveLength(2), 60_000)
  expect(scanner.sent).toEqual([[]])
  disk.resolve()
  await vi.waitFor(() => expect(scanner.sent).toEqual([['G', 'G']]), 60_000)
})

test('one scan after the other is understood, in the order in which they came', async () => {
  const { station, scan, connected, delivered } = bench()
  const slow = Promise.withResolvers<void>()
  station.read = async (raw) => {
    if (Buffer.from(raw.bytes).toString() === 'slow') await slow.promise
    return understood(raw)
  }
  await connected()
  scan('slow')
  scan('quick')
  expect(delivered).toEqual([])
  slow.resolve()
  await vi.waitFor(() => expect(delivered).toEqual(['slow', 'quick']), 60_000)
})

test('a refused scan gets the other beep, and log and status say why', async () => {
  const { scanner, station, scan, connected, collector, lines } = bench()
  station.answer = () => ({ verdict: 'bad', why: 'nobody has scanned a badge here' })
  await connected()
  scan('SECRET-1')
  await vi.waitFor(() => expect(scanner.sent).toEqual([['B']]), 60_000)
  expect(lines.map(({ msg }) => msg)).toContain('ST-12: refused: nobody has scanned a badge here')
  expect(JSON.stringify(lines)).not.toContain('SECRET')
  expect(collector.health().summary).toMatchObject({
    lastScanMs: START.wallMs,
    lastAnswer: { verdict: 'bad', why: 'nobody has scanned a badge here' },
    counts: { good: 0, bad: 1, late: 0, unsent: 0 },
  })
})

test('a held scan is told nothing until the station decides', async () => {
  const { scanner, station, scan, connected, collector } = bench()
  station.answer = () => ({ verdict: 'held', why: null })
  await connected()
  scan('A1')
  await vi.waitFor(() => expect(collector.health().summary.lastAnswer?.verdict).toBe('held'), 60_000)
  expect(scanner.sent).toEqual([[]])
  collector.answered({ verdict: 'bad', why: 'no badge came' }, STORED)
  await vi.waitFor(() => expect(scanner.sent).toEqual([['B']]), 60_000)
})

test('an answer is not sent to another port than the one that the scan came by', async () => {
  const { scanner, station, scan, connected, collector } = bench()
  station.answer = () => ({ verdict: 'held', why: null })
  await connected()
  scan('A1')
  await vi.waitFor(() => expect(collector.health().summary.lastAnswer?.verdict).toBe('held'), 60_000)
  scanner.lose()
  await vi.waitFor(() => expect(scanner.sent).toHaveLength(2), 60_000)
  await connected()
  collector.answered({ verdict: 'bad', why: 'no badge came' }, STORED)
  await vi.waitFor(() => expect(collector.health().summary.counts.unsent).toBe(1), 60_000)
  expect(scanner.sent).toEqual([[], []])
})

test('a scan that has no answer after 150 ms is shown, and after a minute in time it is over', async () => {
  const { scanner, station, scan, connected, passes, troubles } = bench()
  const disk = Promise.withResolvers<void>()
  station.durable = () => disk.promise
  await connected()
  scan('A1')
  await vi.waitFor(() => expect(scanner.taken).toBe(2), 60_000)
  passes(150)
  expect(troubles()).toEqual([])
  passes(50)
  expect(troubles()).toEqual(['scanner-unanswered: ST-12: what was scanned 200 ms ago has no answer yet'])
  disk.resolve()
  await vi.waitFor(() => expect(scanner.sent).toEqual([['G']]), 60_000)
  await vi.waitFor(
    () =>
      expect(troubles()).toEqual([
        'scanner-unanswered: ST-12: a scan was answered late, the last one 200 ms after it came',
      ]),
    60_000,
  )
  passes(60_000)
  expect(troubles()).toEqual([])
})

test('a port that brings faster than the disk stores is held back, and nothing of it is lost', async () => {
  const { scanner, station, scan, connected, delivered } = bench()
  const disk = Promise.withResolvers<void>()
  station.durable = () => disk.promise
  await connected()
  for (let number = 1; number <= 100; number += 1) scan(`A${number}`)
  await vi.waitFor(() => expect(delivered).toHaveLength(16), 60_000)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(delivered).toHaveLength(16)
  disk.resolve()
  await vi.waitFor(() => expect(scanner.sent[0]).toHaveLength(100), 60_000)
  expect(delivered).toEqual(Array.from({ length: 100 }, (_, index) => `A${index + 1}`))
})

test('a scan that cannot be looked up is refused, and nothing of it is shown', async () => {
  const { scanner, station, scan, connected, lines, delivered } = bench()
  station.read = async (raw) => {
    throw new Error(`no such table: ${Buffer.from(raw.bytes).toString()}`)
  }
  await connected()
  scan('SECRET-1')
  await vi.waitFor(() => expect(scanner.sent).toEqual([['B']]), 60_000)
  expect(delivered).toEqual([])
  expect(JSON.stringify(lines)).not.toContain('SECRET')
})

test('what was scanned last is stored and answered before a stop closes the port', async () => {
  const { scanner, station, scan, connected, delivered, stop, running } = bench()
  const disk = Promise.withResolvers<void>()
  station.durable = () => disk.promise
  await connected()
  scan('A1')
  await vi.waitFor(() => expect(delivered).toEqual(['A1']), 60_000)
  stop.abort()
  disk.resolve()
  await running
  expect(scanner.sent).toEqual([['G']])
})

test('a look-up that never ends holds up no stop', async () => {
  const { scanner, station, scan, connected, delivered, stop, running } = bench()
  station.read = () => new Promise(() => undefined)
  await connected()
  scan('A1')
  await vi.waitFor(() => expect(scanner.taken).toBe(2), 60_000)
  stop.abort()
  await running
  expect(delivered).toEqual([])
  expect(scanner.sent).toEqual([['B']])
})

test('a port that takes no bytes is shown, and holds up nothing', async () => {
  const { scanner, scan, connected, collector, delivered } = bench()
  scanner.sending = () => Promise.reject(new LinkLost('ST-12: the port takes no bytes'))
  await connected()
  scan('A1')
  scan('A2')
  await vi.waitFor(() => expect(delivered).toEqual(['A1', 'A2']), 60_000)
  await vi.waitFor(() => expect(collector.health().summary.counts.unsent).toBe(2), 60_000)
})

test('a lost port is a trouble with what to do about it, and bytes that were no scan are counted', async () => {
  const { scanner, connected, collector, lines } = bench()
  expect(collector.health().troubles).toMatchObject([{ code: 'scanner-connecting', scanner: 'ST-12' }])
  await connected()
  scanner.bring({ kind: 'discarded', count: 4_097, why: 'longer than any code' })
  await vi.waitFor(() => expect(collector.health().summary.counts.discardedBytes).toBe(4_097), 60_000)
  scanner.lose()
  await vi.waitFor(() => expect(lines.map(({ msg }) => msg)).toContain('ST-12: unplugged'), 60_000)
  await vi.waitFor(() => expect(collector.health().summary).toMatchObject({ where: '/dev/ttyACM0' }), 60_000)
})

test('what was remarkable about a scan that is stored is counted and logged, and the code is not', async () => {
  const { scanner, station, scan, connected, collector, lines } = bench()
  station.read = async (raw) => {
    const scan = understood(raw)
    if (scan.kind === 'badge') throw new Error('no badge here')
    return { ...scan, found: { kind: 'unknown' }, code: { ...scan.code, marks: ['gs_lost', 'no_aim'] } }
  }
  await connected()
  scan('SECRET-1')
  scan('SECRET-2')
  await vi.waitFor(() => expect(scanner.sent).toEqual([['G', 'G']]), 60_000)
  const lastMs = START.wallMs
  expect(collector.health().summary.noticed).toEqual([
    { what: 'no rule of its map takes the code', count: 2, lastMs },
    { what: 'a separator (GS) seems to be missing in the code', count: 2, lastMs },
    { what: 'the code came without an AIM identifier', count: 2, lastMs },
    { what: 'the code is not in the copy of central, which is asked when the scan lands', count: 2, lastMs },
  ])
  expect(lines.map(({ msg }) => msg)).toContain('ST-12: no rule of its map takes the code')
  expect(JSON.stringify(lines)).not.toContain('SECRET')
})

test('a scanner of which nothing but noise comes is a trouble until a scan comes; noise at plugging in is none', async () => {
  const { scanner, scan, passes, connected, collector, troubles } = bench()
  const noise = () =>
    scanner.bring({ kind: 'discarded', count: 5, why: 'came without the suffix that ends a scan' })
  const discarded = (bytes: number) =>
    vi.waitFor(() => expect(collector.health().summary.counts.discardedBytes).toBe(bytes), 60_000)
  await connected()
  noise()
  await discarded(5)
  expect(troubles()).toEqual([])
  noise()
  await discarded(10)
  const trouble =
    'scanner-unreadable: ST-12: what comes from it is no scan, 2 times in a row: came without the suffix that ends a scan'
  expect(troubles()).toEqual([trouble])
  passes(10 * 60_000)
  expect(troubles()).toEqual([trouble])
  passes(1)
  expect(troubles()).toEqual([])
  noise()
  await discarded(15)
  expect(troubles()).toHaveLength(1)
  scan('A1')
  await vi.waitFor(() => expect(collector.health().summary.counts.good).toBe(1), 60_000)
  expect(troubles()).toEqual([])
})

test('a badge that takes long to be looked up is not blamed on the disk', async () => {
  const { station, scan, passes, connected, collector } = bench()
  station.read = async (raw) => {
    passes(200)
    return understood(raw)
  }
  await connected()
  scan('A1')
  await vi.waitFor(() => expect(collector.health().troubles).toHaveLength(1), 60_000)
  expect(collector.health().troubles[0]?.hint).toMatch(/^looking it up took that long: a badge is hashed/)
})

test('what was scanned is still known after the map was changed, and the new port is not taken for open', async () => {
  const before = bench()
  before.station.answer = () => ({ verdict: 'bad', why: 'nobody has badged in' })
  await before.connected()
  before.scan('A1')
  await vi.waitFor(() => expect(before.scanner.sent).toEqual([['B']]), 60_000)
  before.stop.abort()
  await before.running
  const after = bench(before)
  expect(after.collector.health().summary).toMatchObject({
    state: 'connecting',
    lastScanMs: START.wallMs,
    lastAnswer: { verdict: 'bad', why: 'nobody has badged in' },
    counts: { bad: 1 },
  })
})

test('why a port is lost is logged again once it is lost for another reason', async () => {
  const { record } = bench()
  const unplugged = () => new LinkLost('ST-12: it was unplugged', { code: 'port-unplugged' })
  expect(record.lost(unplugged())).toBe(true)
  expect(record.lost(unplugged())).toBe(false)
  expect(record.lost(new LinkLost('ST-12: it is held by cat', { code: 'port-held' }))).toBe(true)
})

test('a device server that ends connections when they are idle is no trouble, and is spoken of once', async () => {
  const { scanner, connected, collector, lines, passes, troubles } = bench()
  await connected()
  const since = collector.health().summary.sinceMs
  for (const links of [2, 3]) {
    passes(5 * 60_000)
    scanner.lose('link-closed')
    await vi.waitFor(() => expect(scanner.sent).toHaveLength(links), 60_000)
    expect(troubles()).toEqual([])
    await vi.waitFor(() => expect(scanner.taken).toBe(links), 60_000)
  }
  expect(collector.health().summary).toMatchObject({ state: 'connected', sinceMs: since })
  expect(lines.filter(({ level }) => level >= 30).map(({ msg }) => msg)).toEqual([
    'ST-12 is connected',
    'ST-12: unplugged; it is opened again',
  ])
})

test.each([
  ['right after it was made', 0, 'link-closed'],
  ['that was pulled out', 60_000, 'port-unplugged'],
])('a connection %s is lost', async (_, ms, code) => {
  const { scanner, connected, passes, lines } = bench()
  await connected()
  passes(ms)
  scanner.lose(code)
  await vi.waitFor(
    () =>
      expect(lines.filter(({ level }) => level === 40).map(({ msg }) => msg)).toEqual(['ST-12: unplugged']),
    60_000,
  )
})

test('a scanner that sends another suffix than its map says is noticed, though its scans are read; badges too', async () => {
  const { scanner, scan, connected, collector } = bench()
  await connected()
  scanner.bring({ ...rawScan('A1', START), withoutSuffix: true })
  scan('A2')
  await vi.waitFor(() => expect(scanner.sent).toEqual([['G', 'G']]), 60_000)
  expect(collector.health().summary.noticed).toContainEqual({
    what: 'a pause ended the scan, and not the suffix of its map: a slow line may cut such scans in two',
    count: 1,
    lastMs: START.wallMs,
  })
})
