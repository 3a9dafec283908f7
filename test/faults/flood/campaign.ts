/**
 * Scanners that send more than anybody scans, beside one that is used as usual: bytes without end, thousands of scans as fast as the
 * network takes them, and a device server that ends each connection. The gateway must stay small, say little, and serve the usual one.
 */
import { readFileSync, statSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { portOf } from '../../../simulators/port-of.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { isDrained, type ScannerSite, scannerSite } from '../../support/scanner-site.ts'
import { logFaults } from '../log-lines.ts'

const CHUNK = Buffer.alloc(65_536, 'x')
const USUAL_EVERY_MS = 100
const ENOUGH_MS = 60_000

export interface FloodFound {
  /** Of scans that were sent at once: how many of them are in central, and how many beeps came. */
  readonly flooded: { readonly rows: number; readonly beeps: number }
  readonly usual: {
    readonly sent: number
    readonly beeps: number
    readonly rows: number
    readonly slowestMs: number
  }
  readonly endlessBytes: number
  readonly reconnects: number
  /** The most memory that the process ever had, above what it had before. */
  readonly grownBytes: number
  readonly logBytes: number
  readonly logFaults: readonly string[]
  readonly exitCode: number | null
}

/** @param lastsMs how long the bytes without end and the reconnecting go on, at least */
export async function playFlood(scans: number, lastsMs: number): Promise<FloodFound> {
  await using central = await startTestCentral()
  await using stack = new AsyncDisposableStack()
  let isOver = false
  let endlessBytes = 0
  let reconnects = 0
  let floodBeeps = 0
  const usual = { sent: 0, beeps: 0, slowestMs: 0 }
  const listen = (serve: (socket: Socket) => unknown) =>
    deviceServer(serve).then((server) => stack.use(server))

  const endless = await listen(async (socket) => {
    while (!isOver && !socket.destroyed) {
      const hasRoom = socket.write(CHUNK)
      endlessBytes += CHUNK.length
      if (!hasRoom) await Promise.race([new Promise((drained) => socket.once('drain', drained)), wait(500)])
    }
  })
  const restless = await listen((socket) => {
    reconnects += 1
    socket.end('BOX-OF-WHICH-NO-END-CO')
  })
  const flood = await listen((socket) => {
    socket.on('data', (beeps) => {
      floodBeeps += beeps.length
    })
    socket.write(Array.from({ length: scans }, (_, index) => `BOX-F-${index}\r`).join(''))
  })
  const patient = await listen(async (socket) => {
    while (!isOver && !socket.destroyed) {
      const sentMs = performance.now()
      socket.write(`BOX-U-${usual.sent}\r`)
      usual.sent += 1
      await Promise.race([new Promise((heard) => socket.once('data', heard)), wait(ENOUGH_MS)])
      usual.beeps += 1
      usual.slowestMs = Math.max(usual.slowestMs, performance.now() - sentMs)
      await wait(USUAL_EVERY_MS)
    }
  })
  const ports = { ENDLESS: endless.port, RESTLESS: restless.port, FLOOD: flood.port, USUAL: patient.port }
  const maps = Object.entries(ports).map(([scanner, port]) => [scanner, mapOf(scanner, port)])
  const site = stack.use(scannerSite({ central, maps: Object.fromEntries(maps) }))
  site.start()
  await site.until('running', ({ scanners }) => scanners.length === maps.length)
  const beforeBytes = memoryOf(site, 'VmRSS')
  const beganMs = performance.now()
  while (
    performance.now() - beganMs < lastsMs ||
    (floodBeeps < scans && performance.now() - beganMs < lastsMs + ENOUGH_MS)
  ) {
    await wait(100)
  }
  isOver = true
  await wait(1_000)
  const grownBytes = memoryOf(site, 'VmHWM') - beforeBytes
  await site.until('drained', isDrained)
  const exitCode = await site.stop()
  return {
    flooded: { rows: await rowsLike(central, 'BOX-F-%'), beeps: floodBeeps },
    usual: { ...usual, rows: await rowsLike(central, 'BOX-U-%') },
    endlessBytes,
    reconnects,
    grownBytes,
    logBytes: statSync(site.logFile).size,
    logFaults: logFaults(site.logFile),
    exitCode,
  }
}

/** For the command line. @returns whether nothing was wrong */
export async function floodCampaign(scans: number): Promise<boolean> {
  const minutes = 3
  const found = await playFlood(scans, minutes * 60_000)
  const { flooded, usual, endlessBytes, reconnects, grownBytes, logBytes } = found
  console.log(
    `flood: ${flooded.rows} of ${scans} scans at once in central, ${flooded.beeps} beeps; ${mebibytes(endlessBytes)} MiB without end and ` +
      `${reconnects} reconnects in ${minutes} min; memory grew by ${mebibytes(grownBytes)} MiB, the log has ${logBytes} bytes; ` +
      `${usual.rows} of ${usual.sent} usual scans, the slowest answered after ${usual.slowestMs.toFixed(0)} ms`,
  )
  for (const fault of found.logFaults) console.log(`  the log says ${fault}`)
  return (
    flooded.rows === scans &&
    usual.rows === usual.sent &&
    found.logFaults.length === 0 &&
    found.exitCode === 0
  )
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0)
}

function mapOf(scanner: string, port: number): string {
  return `scanner: ${scanner}
port: {tcp: "127.0.0.1:${port}"}
frame: {dedupe: off}
operator: {without: {station_user: 1}}
rules:
  - {match: '^BOX-', is: box}
ack: {good: "47", bad: "42"}
`
}

interface DeviceServer extends AsyncDisposable {
  readonly port: number
}

async function deviceServer(serve: (socket: Socket) => unknown): Promise<DeviceServer> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.setNoDelay(true)
    void serve(socket)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: portOf(server),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** `VmRSS`: now; `VmHWM`: the most ever. */
function memoryOf({ pid }: ScannerSite, what: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )?.[1]
  return Number(kibibytes) * 1_024
}

async function rowsLike({ sql }: TestCentral, pattern: string): Promise<number> {
  const rows = await sql<{ count: number; codes: number }>(
    `SELECT count(*)::int AS count, count(DISTINCT qr_code_data)::int AS codes FROM qr_code_scans WHERE qr_code_data LIKE $1`,
    [pattern],
  )
  const [row] = rows
  if (row && row.count !== row.codes)
    throw new Error(`${row.count} rows of ${row.codes} codes like ${pattern}`)
  return row?.count ?? 0
}
