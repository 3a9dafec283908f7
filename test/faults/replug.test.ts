/** A scanner that is pulled out and plugged in again and again, with the whole gateway running. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ptyCable } from '../../simulators/scanner/pty-cable.ts'
import { SimulatedScanner } from '../../simulators/scanner/scanner.ts'
import { startTestCentral } from '../support/central.ts'
import { areConnected, isDrained, scannerSite } from '../support/scanner-site.ts'

const REPLUGS = 20
const SCANS_A_PLUG = 3
/** Within 2 s where nothing else runs; `status` is asked every 150 ms. */
const FOUND_MAX_MS = 10_000

// Fault of the catalogue: [A14]
test(`a scanner is found ${REPLUGS} times on another terminal, and whatever it delivered is in central once`, async () => {
  await using central = await startTestCentral()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cables-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const cable = await ptyCable(join(folder, 'scanner'))
  await using scanner = new SimulatedScanner({ name: 'ST-12', cable, beepMaxMs: FOUND_MAX_MS })
  await using site = scannerSite({ central, maps: { 'ST-12': mapOf(cable.address) } })
  site.start()
  await site.until('connected', areConnected)
  const foundMs: number[] = []
  const ports = new Set<string>()
  for (let plug = 0; plug < REPLUGS; plug += 1) {
    const before = await whereIn(site)
    ports.add(before)
    await scanner.play(codesOf(plug).map((scan) => ({ scan })))
    await cable.unplug()
    await wait(plug % 2 === 0 ? 0 : 700)
    await cable.plugIn()
    const pluggedMs = performance.now()
    await site.until(
      'found again',
      ({ scanners: [one] }) => one?.state === 'connected' && one.where !== before,
    )
    foundMs.push(performance.now() - pluggedMs)
  }
  await site.until('drained', isDrained)

  const sent = scanner.sent.map(({ code }) => code)
  expect(sent).toHaveLength(REPLUGS * SCANS_A_PLUG)
  expect(scanner.beeps.map(({ bytes }) => bytes.toString()).join('')).toBe('G'.repeat(sent.length))
  const rows = await central.sql<{ code: string }>(
    'SELECT qr_code_data AS code FROM qr_code_scans ORDER BY id',
  )
  expect(rows.map(({ code }) => code)).toEqual(sent)
  expect(ports.size).toBeGreaterThan(1)
  expect(Math.max(...foundMs), foundMs.map((ms) => ms.toFixed(0)).join(' ')).toBeLessThan(FOUND_MAX_MS)
}, 240_000)

function mapOf(path: string): string {
  return `scanner: ST-12
port: {serial: ${path}}
operator: {without: {station_user: 1}}
rules:
  - {match: '^BOX-', is: box}
ack: {good: "47", bad: "42"}
`
}

function codesOf(plug: number): readonly string[] {
  return Array.from({ length: SCANS_A_PLUG }, (_, index) => `BOX-${plug}-${index}`)
}

async function whereIn(site: ReturnType<typeof scannerSite>): Promise<string> {
  await site.until('connected', areConnected)
  return site.report?.scanners[0]?.where ?? ''
}
