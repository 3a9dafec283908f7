import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { startWatchedGateway, troublesOf, type WatchedGateway } from '../../support/watched-gateway.ts'

const GOOD = 'G'
const BAD = 'B'
const BADGE = 'BADGE-4711'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

function stationMap(scanner: SimulatedScanner): string {
  return `scanner: ST-12
port: {tcp: "${scanner.cable.address}"}
station: {location: Line 3}
frame: {dedupe: 2s}
operator: {badge: '^BADGE-(?<employee_code>\\d+)$'}
rules:
  - {match: '^SHP-\\d+$', is: shipment, lookup: shipments.shipment_number}
ack: {good: '${hex(GOOD)}', bad: '${hex(BAD)}'}
`
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex').toUpperCase()
}

/** Each has a name of its own: central knows which log a name belongs to. */
let gateways = 0

async function station() {
  gateways += 1
  const name = `edge-${gateways}`
  await central.sql('TRUNCATE qr_code_scans')
  const scanner = new SimulatedScanner({ name: 'ST-12', cable: await tcpCable(), beepMaxMs: 3_000 })
  onTestFinished(() => scanner[Symbol.asyncDispose]())
  const gateway = await startWatchedGateway(central, stationMap(scanner), name)
  onTestFinished(() => gateway[Symbol.asyncDispose]())
  const heard = () => scanner.beeps.map(({ bytes }) => bytes.toString())
  return { name, scanner, gateway, heard }
}

/** Until badges are known, they are refused: an operator scans again. */
async function badgeIn({ scanner, heard }: { scanner: SimulatedScanner; heard: () => string[] }) {
  await vi.waitFor(
    async () => {
      await scanner.play([{ badge: BADGE }])
      expect(heard().at(-1)).toBe(GOOD)
    },
    { timeout: 60_000, interval: 200 },
  )
}

async function connected(gateway: WatchedGateway): Promise<void> {
  await gateway.until(({ scanners }) =>
    expect(scanners).toMatchObject([{ scanner: 'ST-12', state: 'connected' }]),
  )
}

function storedRows() {
  return central.sql(
    `SELECT qr_code_data, scan_type, reference_type, employee_code, location FROM qr_code_scans
     JOIN users ON users.id = scanned_by ORDER BY qr_code_scans.id`,
  )
}

const SHIPMENT = {
  qr_code_data: 'SHP-1',
  scan_type: 'shipment',
  reference_type: 'shipment',
  employee_code: '4711',
  location: 'Line 3',
}

test('a scan beeps once it is stored, lands in central once, and shows in status', async () => {
  const { scanner, gateway, heard } = await station()
  await connected(gateway)
  await scanner.play([{ scan: 'SHP-1' }])
  expect(heard()).toEqual([BAD])
  await badgeIn({ scanner, heard })
  await scanner.play([{ double: 'SHP-1' }])
  expect(heard().slice(-2)).toEqual([GOOD, GOOD])
  await vi.waitFor(async () => expect(await storedRows()).toEqual([SHIPMENT]), 60_000)
  const { scanners } = await gateway.status()
  expect(scanners).toMatchObject([
    {
      where: scanner.cable.address,
      last_answer: { verdict: 'good' },
      operator: expect.any(Number),
      refused: expect.arrayContaining([expect.objectContaining({ why: 'nobody has badged in', count: 1 })]),
    },
  ])
  expect(await gateway.text()).toContain('ST-12 connected since')
  expect(gateway.told('refused: nobody has badged in')).toHaveLength(1)
  expect(gateway.logText).not.toContain(BADGE)
  expect(gateway.logText).not.toContain('SHP-1')
})

test('no scan beeps before it can be stored, and status says that it waits', async () => {
  const { scanner, gateway, heard } = await station()
  await connected(gateway)
  await badgeIn({ scanner, heard })
  const beeps = heard().length
  const other = new Database(join(gateway.dataFolder, 'outbox.db'))
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  await scanner.play([{ scan: 'BOX-1' }])
  expect(heard()).toHaveLength(beeps)
  expect(troublesOf(await gateway.status())['scanner-unanswered']).toContain('has no answer yet')
  other.exec('ROLLBACK')
  await vi.waitFor(() => expect(heard().slice(beeps)).toEqual([GOOD]), 60_000)
  expect(troublesOf(await gateway.status())['scanner-unanswered']).toMatch(
    /scans? (?:was|were) answered late/,
  )
})

test('central may be away: scans beep all the same, and land once it is back', async () => {
  const { scanner, gateway, heard } = await station()
  await connected(gateway)
  await badgeIn({ scanner, heard })
  await central.server.stop()
  try {
    await scanner.play([{ scan: 'SHP-1' }, { scan: 'BOX-7' }])
    expect(heard().slice(-2)).toEqual([GOOD, GOOD])
  } finally {
    await central.server.start()
  }
  await vi.waitFor(
    async () =>
      expect((await storedRows()).map(({ qr_code_data }) => qr_code_data)).toEqual(['SHP-1', 'BOX-7']),
    60_000,
  )
}, 120_000)

test('a gateway that is started again knows who is badged in, and stores nothing twice', async () => {
  const first = await station()
  await connected(first.gateway)
  await badgeIn(first)
  await first.scanner.play([{ scan: 'SHP-1' }])
  await first.gateway[Symbol.asyncDispose]()
  const gateway = await startWatchedGateway(
    central,
    stationMap(first.scanner),
    first.name,
    first.gateway.folder,
  )
  onTestFinished(() => gateway[Symbol.asyncDispose]())
  await connected(gateway)
  await first.scanner.play([{ scan: 'BOX-8' }])
  expect(first.heard().at(-1)).toBe(GOOD)
  await vi.waitFor(
    async () =>
      expect((await storedRows()).map(({ qr_code_data }) => qr_code_data)).toEqual(['SHP-1', 'BOX-8']),
    60_000,
  )
})

test('a lost port is a trouble with what to do, and is found again', async () => {
  const { scanner, gateway } = await station()
  await connected(gateway)
  await scanner.cable.unplug()
  await gateway.until(({ degraded }) =>
    expect(degraded).toContainEqual(
      expect.objectContaining({ code: 'scanner-lost', scanner: 'ST-12', hint: expect.any(String) }),
    ),
  )
  await scanner.cable.plugIn()
  await connected(gateway)
})

test('a map that is taken away closes the port, and a bad one changes nothing', async () => {
  const { scanner, gateway } = await station()
  await connected(gateway)
  gateway.map(stationMap(scanner).replace('rules:', 'rulse:'))
  await gateway.until(({ degraded }) => expect(degraded.map(({ code }) => code)).toContain('map-faults'))
  expect(scanner.cable.isTaken).toBe(true)
  gateway.takeMapAway()
  await gateway.until(({ scanners }) => expect(scanners).toEqual([]))
  expect(scanner.cable.isTaken).toBe(false)
})
