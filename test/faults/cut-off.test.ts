/** A device server that sends what it has and ends the connection, without waiting for the beeps. */
import { createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { portOf } from '../../simulators/port-of.ts'
import { startTestCentral } from '../support/central.ts'
import { scannerSite } from '../support/scanner-site.ts'

const SCANS = 1_000
/** A connection that ends sooner is one of a server that serves somebody else. */
const LASTS_MS = 300

test('whatever a device server sent before it ended the connection is stored once', async () => {
  await using central = await startTestCentral()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {})
    socket.resume()
    const first = (connections - 1) * SCANS
    const scans = Array.from({ length: SCANS }, (_, index) => `BOX-${first + index}\r`)
    if (connections > 2) return
    socket.write(scans.join(''))
    setTimeout(() => socket.end(), LASTS_MS)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  await using site = scannerSite({ central, maps: { 'ST-12': mapOf(portOf(server)) } })
  site.start()
  await vi.waitFor(
    async () => {
      const rows = await central.sql(
        'SELECT count(*)::int AS rows, count(DISTINCT qr_code_data)::int AS codes FROM qr_code_scans',
      )
      expect(rows).toEqual([{ rows: 2 * SCANS, codes: 2 * SCANS }])
    },
    { timeout: 60_000, interval: 500 },
  )
  expect(connections).toBeGreaterThan(2)
}, 120_000)

function mapOf(port: number): string {
  return `scanner: ST-12
port: {tcp: "127.0.0.1:${port}"}
operator: {without: {station_user: 1}}
rules:
  - {match: '^BOX-', is: box}
ack: {good: "47", bad: "42"}
`
}
