/** What watchers ask, where something in the answer goes wrong that nobody foresaw. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { ConsoleAccess } from '../../../src/console/access/access.ts'
import { boundConnections } from '../../../src/console/connections.ts'
import { watchedPaths } from '../../../src/console/watchers.ts'
import { recordingLog } from '../../support/buffer.ts'

test('a report that cannot be made is answered and logged, and the next one is given', async () => {
  const { log, lines } = recordingLog()
  const server = createServer()
  onTestFinished(() => void server.close())
  let isBroken = true
  const watched = watchedPaths({
    access: {} as ConsoleAccess,
    connections: boundConnections(server),
    names: [],
    report: async () => {
      if (isBroken) throw new Error('secret inside')
      return { healthy: true, degraded: [] } as never
    },
    unready: async () => undefined,
    metrics: async () => ({ type: 'text/plain', text: '' }),
    log,
  })
  server.on('request', (request, response) => watched(request)?.(request, response))
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const failed = await fetch(`${address}/status?a=b`, { headers: { cookie: 'a=%E0%A4%A; =; ;;' } })
  expect([failed.status, await failed.json()]).toEqual([
    500,
    { error: expect.stringContaining('mistake'), hint: expect.stringContaining('log') },
  ])
  expect(lines).toMatchObject([{ event: 'api-fault', method: 'GET', path: '/status' }])
  isBroken = false
  expect(await (await fetch(`${address}/health`)).json()).toEqual({ healthy: true, degraded: [] })
})
