import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { OTHER, SAV } from '../../../simulators/central/mes.ts'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { consoleUrl } from '../../support/console-site.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

/** What is printed on the badges of somebody who works here, of somebody of another organization, and of nobody. */
const OWN = 'QZKX4711'
const FOREIGN = 'QZKX9901'
const UNKNOWN = 'QZKX0815'

function stationMap(scanner: SimulatedScanner): string {
  return `scanner: ST-12
port: {tcp: "${scanner.cable.address}"}
operator: {badge: '^(?<employee_code>QZKX\\d{4})$', without: ask}
rules: [{match: '^BOX-', is: box}]
ack: {good: "47", bad: "42"}
`
}

test('nothing of a badge is in a file of the gateway, in its log, in status, on a page or in a row', async () => {
  await using central = await startTestCentral({
    organizations: [
      { ...SAV, badges: [OWN] },
      { ...OTHER, badges: [FOREIGN] },
    ],
  })
  const scanner = new SimulatedScanner({ name: 'ST-12', cable: await tcpCable(), beepMaxMs: 1_000 })
  onTestFinished(() => scanner[Symbol.asyncDispose]())
  const gateway = await startWatchedGateway(central, stationMap(scanner))
  onTestFinished(() => gateway[Symbol.asyncDispose]())
  const lastBeep = async (badge: string) => {
    await scanner.play([{ badge }])
    return scanner.beeps.at(-1)?.bytes.toString()
  }
  await gateway.until(({ scanners }) => expect(scanners).toMatchObject([{ state: 'connected' }]))
  await vi.waitFor(async () => expect(await lastBeep(OWN)).toBe('G'), { timeout: 60_000, interval: 200 })
  expect(await lastBeep(UNKNOWN)).toBe('B')
  expect(await lastBeep(FOREIGN)).toBe('B')
  await scanner.play([{ split: UNKNOWN, into: 3 }, { double: OWN }, { together: [OWN, 'BOX-2', FOREIGN] }])
  await scanner.play([{ garbage: 20 }, { pause: '500ms' }, { badge: OWN }])
  await scanner.play([{ scan: 'BOX-1' }])
  await vi.waitFor(async () => expect(await rowsOf(central)).toContain('BOX-1'), 60_000)
  const badges = [OWN, FOREIGN, UNKNOWN]
  const shown = await shownByPages(consoleUrl(gateway))
  expect(shown).toContain('"kind":"badge"')
  expect(shown).toContain('BOX-1')
  const status = `${JSON.stringify(await gateway.status())}${await gateway.text()}${shown}`
  for (const badge of badges) expect(status).not.toContain(badge)
  await gateway[Symbol.asyncDispose]()
  for (const badge of badges) {
    expect(gateway.logText).not.toContain(badge)
    expect(filesWith(badge, gateway.dataFolder)).toEqual([])
  }
}, 120_000)

/** All that the pages of scanners and delivery can ask, the last scans among it. */
async function shownByPages(url: string): Promise<string> {
  const paths = ['/scanners', '/scanners/ST-12/card', '/scanners/ST-12/programming', '/delivery/quarantine']
  const answers = await Promise.all(paths.map(async (path) => (await fetch(`${url}/api/v1${path}`)).text()))
  const stream = await fetch(`${url}/api/v1/scans`)
  let scans = ''
  for await (const part of stream.body ?? []) {
    scans += Buffer.from(part).toString()
    if (scans.includes('\n\n')) break
  }
  return [...answers, scans].join('\n')
}

/** Names of files that hold a text. */
function filesWith(text: string, folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  expect(files.map(({ name }) => name)).toContain('masterdata.db')
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => readFileSync(file).includes(text))
}

/** What the gateway wrote into central, as text. */
async function rowsOf(central: TestCentral): Promise<string> {
  const tables = ['qr_code_scans', 'edge_gateway.quarantine', 'edge_gateway.incident', 'edge_gateway.stream']
  const rows = await Promise.all(tables.map((table) => central.sql(`SELECT t::text AS row FROM ${table} t`)))
  return JSON.stringify(rows)
}
