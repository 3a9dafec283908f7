/** A connection to a device server that was made and closed again while the gateway stood still, as while it reads many maps at its start. */
import { describe, expect, test } from 'vitest'
import { collectScanner } from '../../../src/collector/collect-scanner.ts'
import { ScannerRecord } from '../../../src/collector/scanner-record.ts'
import type { GivenUp, Scanner, ScannerContext, ScannerLink } from '../../../src/domain/scanner.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createScanners } from '../../../src/scanners/index.ts'
import { startAloofServer } from '../../support/aloof-server.ts'
import { recordingLog } from '../../support/buffer.ts'
import { codesOf, itemsUntil, scannerContext, scannerOf } from '../../support/scanner-bench.ts'
import { transportOf } from '../../support/scanner-folders.ts'

/** Long enough for the server to end the connection, and for the connection to have lasted. */
const STANDS_STILL_MS = 400

/** After this, a map that is not in force again is taken for gone. Everything else has shorter times. */
const TAKEN_AWAY_AFTER_MS = 10_000

const transport = transportOf('tcp')

function connect(scanner: Scanner, context: ScannerContext = scannerContext()): Promise<ScannerLink> {
  return transport.connect(scanner, context, new AbortController().signal)
}

function connectStandingStill(scanner: Scanner, context?: ScannerContext): Promise<unknown> {
  return standingStill(() => connect(scanner, context))
}

/** @returns what the connection is lost with */
async function standingStill(connect: () => Promise<ScannerLink>): Promise<unknown> {
  const connecting = connect().catch((error) => error)
  // By then the system has been asked for the connection.
  await new Promise<void>((next) => process.nextTick(next))
  standStill()
  return connecting
}

function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDS_STILL_MS)
}

/** A context that gathers what is given up. */
function listening(changed: Partial<ScannerContext> = {}) {
  const givenUp: GivenUp[] = []
  const context = { ...scannerContext(), gaveUp: (bytes: GivenUp) => void givenUp.push(bytes), ...changed }
  return { context, givenUp }
}

test('what came over it is read with the next one, and what was cut off is not joined to that', async () => {
  await using server = await startAloofServer(['WO-1\rWO-2\rWO-', '3\rWO-4\r'])
  const scanner = scannerOf(transport, { tcp: server.address })
  expect(await connectStandingStill(scanner)).toMatchObject({ code: 'link-closed' })
  await using link = await connect(scanner)
  const items = await itemsUntil(link, (found) => codesOf(found).length === 4)
  expect(codesOf(items)).toEqual(['WO-1', 'WO-2', '3', 'WO-4'])
  expect(items).toContainEqual(expect.objectContaining({ kind: 'discarded', count: 3 }))
})

test('nothing was scanned, where the next one is ended at once as well: the server serves somebody else', async () => {
  const busy = 'Port already in use\r\n'
  await using server = await startAloofServer([busy, busy, 'WO-1\r'])
  const scanner = scannerOf(transport, { tcp: server.address })
  expect(await connectStandingStill(scanner)).toMatchObject({ code: 'link-closed' })
  // No time passes in it, however busy the computer is.
  const now = scannerContext().now()
  const { context, givenUp } = listening({ now: () => now })
  const quick = await connect(scanner, context).catch((error) => error)
  expect(quick).toMatchObject({ code: 'link-closed' })
  const why = expect.stringMatching(/the next one as soon as it was made.*scan it again/)
  expect(givenUp).toEqual([{ count: busy.length, why }])
  await using link = await connect(scanner)
  expect(codesOf(await itemsUntil(link, (found) => codesOf(found).length === 1))).toEqual(['WO-1'])
})

test('more than any scanner sends is given up at once, for what it is', async () => {
  const much = 'x'.repeat(1024 * 1024 + 1)
  await using server = await startAloofServer([much, 'WO-1\r'])
  const scanner = scannerOf(transport, { tcp: server.address })
  const { context, givenUp } = listening()
  expect(await connectStandingStill(scanner, context)).toMatchObject({ code: 'link-closed' })
  const why = expect.stringMatching(
    /more than 1 MB over connections that it ended.*see what sends there.*scan it again/,
  )
  expect(givenUp).toEqual([{ count: much.length, why }])
})

test('of a map that is taken away, or a gateway that stops, it is said that nobody reads what came', async () => {
  await using server = await startAloofServer(['WO-1\r', 'WO-2\r', 'WO-3\r'])
  const scanners = createScanners()
  const tcp = scanners.all.find(({ key }) => key === 'tcp') ?? transport
  const connected = (scanner: Scanner, context: ScannerContext, signal: AbortSignal) =>
    standingStill(() => tcp.connect(scanner, context, signal))
  const scanner = scannerOf(tcp, { tcp: server.address })
  const removal = new AbortController()
  // Nobody waits for ten seconds here.
  const removed = listening({
    after: (ms, step) => systemClock.after(ms < TAKEN_AWAY_AFTER_MS ? ms : 0, step),
  })
  await connected(scanner, removed.context, removal.signal)
  removal.abort()
  await expect.poll(() => removed.givenUp).toHaveLength(1)
  expect(removed.givenUp[0]).toEqual({ count: 5, why: expect.stringContaining('was taken away') })
  const stopped = listening()
  await connected(scanner, stopped.context, new AbortController().signal)
  await scanners[Symbol.asyncDispose]()
  expect(stopped.givenUp).toEqual([{ count: 5, why: expect.stringContaining('the gateway was stopped') }])
})

describe('a map that is edited before the next connection', () => {
  /** Keeps the link to a scanner by one version of its map after the other, as a gateway does. */
  async function editedTo(edited: Partial<Scanner>) {
    await using server = await startAloofServer(['WO-1\r', 'WO-2\r'])
    const { log, lines } = recordingLog()
    const before = scannerOf(transport, { tcp: server.address })
    const record = new ScannerRecord(before, systemClock)
    const codes: string[] = []
    const collect = (port: Scanner, linkChanged = () => {}) =>
      collectScanner({
        ...{
          map: { port, acknowledgement: { good: Buffer.from('G'), bad: Buffer.from('B') } },
          transport,
          record,
          clock: systemClock,
          random: () => 0,
          log,
        },
        readScan: async ({ bytes }) => {
          codes.push(Buffer.from(bytes).toString())
          return null
        },
        deliver: () => ({ durable: Promise.resolve(), crowded: false }),
        linkChanged,
      })
    const editing = new AbortController()
    // The map is edited in the moment in which the connection is lost.
    const running = collect(before, () => editing.abort()).run(editing.signal)
    await new Promise<void>((next) => process.nextTick(next))
    standStill()
    await running
    const stop = new AbortController()
    const again = collect({ ...before, ...edited }).run(stop.signal)
    await expect.poll(() => codes).toContain('WO-2')
    stop.abort()
    await again
    const said = lines.filter(({ event }) => event === 'scanner-bytes').map(({ msg }) => msg)
    return { codes, said, health: record.health().summary }
  }

  test('what came is read as well, where the map still says how to cut it', async () => {
    const { codes, said } = await editedTo({})
    expect(codes).toEqual(['WO-1', 'WO-2'])
    expect(said).toEqual([])
  })

  test('log and status say that it is given up, where the map says something else', async () => {
    const { codes, said, health } = await editedTo({ framing: { suffix: 'CR', prefix: '#' } })
    expect(codes).toEqual(['WO-2'])
    const what =
      /ST-12: 5 bytes are given up .* 127\.0\.0\.1:\d+ .* map of the scanner was edited.*scan it again/
    expect(said).toEqual([expect.stringMatching(what)])
    expect(health.lastDiscarded?.why).toContain('map of the scanner was edited')
    expect(health.counts.discardedBytes).toBeGreaterThanOrEqual(5)
  })
})
