/** A scanner on USB that is pulled out and plugged in again under a running gateway, as `status`, the operator and central see it. */
import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ptyCable } from '../../../simulators/scanner/pty-cable.ts'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral } from '../../support/central.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const REPLUGS = 20
const BADGE = 'BADGE-4711'

function stationMap(port: string): string {
  return `scanner: ST-12
port: {serial: "${port}"}
station: {location: Line 3}
operator: {badge: '^BADGE-(?<employee_code>\\d+)$'}
rules:
  - {match: '^SHP-\\d+$', is: shipment, lookup: shipments.shipment_number}
ack: {good: "47", bad: "42"}
`
}

test(`after each of ${REPLUGS} replugs a scan gets its beep, and central has every scan once`, async () => {
  await using central = await startTestCentral()
  const port = join(testFolder(), 'scanner')
  const scanner = new SimulatedScanner({ name: 'ST-12', cable: await ptyCable(port), beepMaxMs: 10_000 })
  onTestFinished(() => scanner[Symbol.asyncDispose]())
  const gateway = await startWatchedGateway(central, stationMap(port))
  onTestFinished(() => gateway[Symbol.asyncDispose]())
  const lastBeep = () => scanner.beeps.at(-1)?.bytes.toString()
  /** Until the gateway has the terminal that the scanner is on now. */
  const found = async () => {
    const terminal = await readlink(port)
    await gateway.until(({ scanners }) =>
      expect(scanners).toMatchObject([
        { state: 'connected', where: expect.stringContaining(`${terminal},`) },
      ]),
    )
  }
  await found()
  // Until badges are known they are refused, and the operator scans again.
  await vi.waitFor(
    async () => {
      await scanner.play([{ badge: BADGE }])
      expect(lastBeep()).toBe('G')
    },
    { timeout: 60_000, interval: 200 },
  )
  const codes = Array.from({ length: REPLUGS }, (_, index) => `SHP-${index + 1}`)
  for (const code of codes) {
    await scanner.cable.unplug()
    await scanner.cable.plugIn()
    await found()
    await scanner.play([{ scan: code }])
    expect(lastBeep()).toBe('G')
  }
  await vi.waitFor(async () => {
    const rows = await central.sql('SELECT qr_code_data FROM qr_code_scans ORDER BY id')
    expect(rows).toEqual(codes.map((code) => ({ qr_code_data: code })))
  }, 60_000)

  await scanner.cable.unplug()
  await gateway.until(({ scanners }) =>
    expect(scanners).toMatchObject([{ state: 'lost', error: expect.stringContaining('millrace ports') }]),
  )
}, 180_000)
