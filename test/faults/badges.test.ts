/** A day of badges, read well and read badly: what a badge holds must be found nowhere afterwards. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { OTHER, SAV } from '../../simulators/central/mes.ts'
import type { ScannerCable } from '../../simulators/scanner/cable.ts'
import { tcpCable } from '../../simulators/scanner/tcp-cable.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { areConnected, isDrained, type ScannerSite, scannerSite } from '../support/scanner-site.ts'
import { leavingsOf } from './badges/leavings.ts'
import { type Trace, tracesOf } from './badges/search.ts'

/** They stand nowhere by chance, not even in parts. */
const ANNA = 'QX7ZK3WJ9VLM'
const BERT = 'ZW4JKX6Q1TYU'
const NOBODY = 'RB5TN8DGH2PC'
const SECRETS = [ANNA, BERT, NOBODY]
const PRELOAD = new URL('../support/throw-while-reading.ts', import.meta.url).href

const badge = (code: string) => `OPID-${code}`

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral({ organizations: [{ ...SAV, badges: ['4711', ANNA, BERT] }, OTHER] })
  await central.sql(
    `INSERT INTO barcode_labels (organization_id, label_type, reference_type, reference_id, barcode_format, barcode_data, generated_by)
     SELECT organization_id, 'badge', 'user', id, 'code128', 'OPID-' || employee_code, id FROM users WHERE employee_code = ANY ($1)`,
    [[ANNA, BERT]],
  )
})
afterAll(() => central[Symbol.asyncDispose]())

/** Whatever is no badge is stored here, for everybody to read: nothing is refused for want of an operator. */
function mapOf(scanner: string, { address }: ScannerCable, more = ''): string {
  return `scanner: ${scanner}
port: {tcp: "${address}"}
frame: {dedupe: off}
operator: {without: {station_user: 1}${more}}
rules:
  - {match: '^BOX-\\d+$', is: box}
ack: {good: "47", bad: "42"}
`
}
const BADGES = `, badge: '^OPID-(?<employee_code>[A-Z0-9]{12})$'`

interface Station {
  readonly site: ScannerSite
  readonly cable: ScannerCable
  /** Bytes as they come, and the time to take them in. */
  send(...packets: readonly (string | number)[]): Promise<void>
  heard(): string
}

/** Each has a name of its own: central knows which log a name belongs to. */
let gateways = 0

async function station(options: { readonly preload?: string } = {}): Promise<Station> {
  const cable = await tcpCable()
  onTestFinished(() => cable[Symbol.asyncDispose]())
  let beeps = ''
  cable.onHeard((bytes) => {
    beeps += bytes.toString('latin1')
  })
  gateways += 1
  const site = scannerSite({
    central,
    gateway: `edge-${gateways}`,
    maps: { 'ST-12': mapOf('ST-12', cable, BADGES) },
    logLevel: 'debug',
    ...options,
  })
  onTestFinished(() => site[Symbol.asyncDispose]())
  const send: Station['send'] = async (...packets) => {
    for (const packet of packets) {
      if (typeof packet === 'number') await wait(packet)
      else await cable.send(Buffer.from(packet, 'latin1'))
    }
    await wait(60)
  }
  site.start()
  await site.until('connected', areConnected)
  await vi.waitFor(
    async () => {
      await send(`${badge(ANNA)}\r`)
      await wait(300)
      expect(beeps.at(-1)).toBe('G')
    },
    { timeout: 60_000 },
  )
  return { site, cable, send, heard: () => beeps }
}

async function traces({ site }: Station): Promise<readonly Trace[]> {
  await wait(1_500)
  await site.until('drained', isDrained)
  const leavings = await leavingsOf(site, central)
  expect(leavings.size).toBeGreaterThan(15)
  return SECRETS.flatMap((secret) => tracesOf(secret, leavings))
}

test('a day of badges leaves no trace of what is on them', async () => {
  const one = await station()
  const { site, cable, send } = one
  await send(`${badge(NOBODY)}\r`)
  for (const around of ['  #', '#  ', ']C1#', ']A0#', ' ]C0# ', '\x00#', '#\n', '\n#', '\t#\t']) {
    await send(`${around.replace('#', badge(ANNA))}\r`)
  }
  await send(`${badge(ANNA)}\r${badge(BERT)}\r`)
  await send('OPID-QX7', 20, 'ZK3WJ', 300, '9VLM\r')
  await send(`${badge(ANNA)}${'x'.repeat(5_000)}\r`, `${'x'.repeat(5_000)}${badge(ANNA)}\r`)
  await central.server.stop('immediate')
  await send(`${badge(BERT)}\r`, `${badge(NOBODY)}\r`)
  await central.server.start()
  site.map('ST-12', 'scanner: ST-12\noperator: {badge: [')
  await wait(2_500)
  await send(`${badge(ANNA)}\r`)
  site.map('ST-12', mapOf('ST-12', cable, BADGES))
  await wait(2_500)
  await send('BOX-1\r')
  expect(await traces(one)).toEqual([])
}, 180_000)

test('a badge beside noise, another badge or another code is refused and stored nowhere', async () => {
  const one = await station()
  const { send } = one
  const anna = badge(ANNA)
  await send('BOX-1\r')
  const lines = [
    '#\x8dBOX-2',
    '#\nBOX-3',
    '#\tBOX-4',
    'BOX-5\x0b#',
    '#\x15#',
    '\xff\xfe\x80#',
    '\x02#\x03',
    '##',
    '#BOX-6',
    'BOX-7#',
  ]
  for (const line of lines) await send(`${line.replaceAll('#', anna)}\r`)
  await send(anna, 30, 'BOX-8\r')
  await send(`${anna}${badge(BERT)}\r`)
  expect(await traces(one)).toEqual([])
}, 120_000)

test('a badge of which only a part came is stored nowhere', async () => {
  const one = await station()
  const { site, cable, send } = one
  const replug = async () => {
    await cable.unplug()
    await cable.plugIn()
    await vi.waitFor(() => expect(cable.isTaken).toBe(true), 60_000)
    await wait(300)
  }
  await replug()
  await send('OPID-QX7ZK', 250, '3WJ9VLM\r')
  await replug()
  await send('QX7ZK3WJ9VLM\r')
  await send('OPID-QX7ZK3WJ9', 1_300, 'K3WJ9VLM\r')
  await send('OPID-QX7ZK3')
  await site.kill()
  await cable.send(Buffer.from('WJ9V'))
  site.start()
  await site.until('connected', areConnected)
  await send('7ZK3WJ9VLM\r')
  expect(await traces(one)).toEqual([])
}, 120_000)

test('a badge that is scanned at a station where nobody badges in is stored nowhere', async () => {
  const one = await station()
  await using other = await tcpCable()
  one.site.map('ST-13', mapOf('ST-13', other))
  await one.site.until('connected', (report) => report.scanners.length === 2 && areConnected(report))
  await other.send(Buffer.from(`BOX-1\r${badge(ANNA)}\r ${badge(ANNA)}\r`))
  expect(await traces(one)).toEqual([])
}, 120_000)

test('an error in the middle of reading a badge shows nothing of it, however it is worded', async () => {
  const one = await station({ preload: PRELOAD })
  const { site, send } = one
  process.kill(site.pid, 'SIGUSR2')
  await wait(100)
  await send(`${badge(ANNA)}\r${badge(NOBODY)}\r`)
  process.kill(site.pid, 'SIGWINCH')
  await wait(100)
  await send(`${badge(ANNA)}\r`)
  await wait(1_000)
  expect(await traces(one)).toEqual([])
}, 120_000)
