import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createWebServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { startDeadPort } from '../../support/dead-port.ts'
import { deviceOf, driverContext } from '../../support/driver-bench.ts'
import { watchHeldUp } from '../../support/held-up.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-not-opcua-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const STRANGERS: readonly (readonly [what: string, server: () => Server, says: string])[] = [
  ['a web server', () => createWebServer((_request, answer) => answer.end('hello')), 'not in OPC UA'],
  [
    'a server with a greeting',
    () => createServer((socket) => socket.write('220 ready\r\n')),
    'not in OPC UA',
  ],
  [
    'a port that closes at once',
    () => createServer((socket) => socket.end()),
    'before the first word of OPC UA',
  ],
]

test.each(STRANGERS)('%s behind the port is told apart from a broken network', async (_what, make, says) => {
  const server = make()
  server.on('connection', (socket) => socket.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const driver = createOpcUaDriver()
  const device = deviceOf(
    driver,
    { url: `opc.tcp://127.0.0.1:${port}`, security: 'None' },
    { s: { at: 'i=1' } },
  )
  const connecting = driver.connect(device, driverContext(folder), new AbortController().signal)
  await expect(connecting).rejects.toMatchObject({
    code: 'link-not-opcua',
    message: expect.stringContaining(says),
    hint: expect.stringContaining('check the port'),
  })
  server.close()
})

test('an address at which nothing answers is given up within 3 s, so that a PLC that comes back is noticed', async () => {
  await using dead = await startDeadPort()
  const driver = createOpcUaDriver()
  const device = deviceOf(
    driver,
    { url: `opc.tcp://127.0.0.1:${dead.port}`, security: 'None' },
    { s: { at: 'i=1' } },
  )
  const heldUp = watchHeldUp()
  const beganMs = Date.now()
  await expect(
    driver.connect(device, driverContext(folder), new AbortController().signal),
  ).rejects.toMatchObject({ code: 'link-timeout', hint: expect.stringContaining('power') })
  expect(Date.now() - beganMs).toBeLessThan(3_000 + heldUp.maxMs)
})
