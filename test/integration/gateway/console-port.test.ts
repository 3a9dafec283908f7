/** The whole gateway where another program has the port of its console. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { askStatus } from '../../../src/console/ask-status.ts'
import type { StatusReport } from '../../../src/console/report.ts'
import { runToStop, stopSite } from '../../support/stop-site.ts'

test('a gateway whose console has no port of its own runs, and status says so', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const { folder, config } = stopSite()
  const console = { ...config.console, port }
  const gateway = runToStop({ folder, config: { ...config, console } })
  await gateway.until(() => gateway.lines.some(({ msg }) => msg === 'running'))
  const asking = { maxMs: 10_000, signal: new AbortController().signal }
  const ask = () => askStatus(config.dataFolder, asking) as Promise<StatusReport>
  await expect.poll(async () => (await ask()).gateway, { timeout: 60_000 }).toBe('edge-1')
  expect((await ask()).degraded.map(({ code }) => code)).toContain('console-port')
  await gateway.stop()
})
