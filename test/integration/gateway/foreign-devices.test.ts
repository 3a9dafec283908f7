/** Scanners and device servers with habits of their own, at a gateway with its disk and central. */
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { ForeignServer } from '../../support/foreign-server.ts'
import { startWatchedGateway, troublesOf } from '../../support/watched-gateway.ts'

const EVENTUALLY = { timeout: 60_000, interval: 300 }
const BEEP = '\x16\x07\r'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

/** Each has a name of its own: central knows which log a name belongs to. */
let gateways = 0

/** A gateway with somebody badged in, at a device server that answers as a test says. */
async function station(answer?: (bytes: Buffer, socket: Socket) => void, frame = '{dedupe: 2s}') {
  gateways += 1
  await central.sql('TRUNCATE qr_code_scans')
  const server = await ForeignServer.start(undefined, answer)
  onTestFinished(() => server.stop())
  const map = `scanner: ST-12
port: {tcp: "${server.address}", brand: honeywell}
frame: ${frame}
operator: {badge: '^BADGE-(?<employee_code>\\d+)$'}
rules:
  - {match: '^NOREAD$', is: no_scan}
`
  const gateway = await startWatchedGateway(central, map, `edge-${gateways}`)
  onTestFinished(() => gateway[Symbol.asyncDispose]())
  await gateway.until(({ scanners }) => expect(scanners).toMatchObject([{ state: 'connected' }]))
  await vi.waitFor(async () => {
    server.say('BADGE-4711\r')
    await wait(150)
    expect((await gateway.status()).scanners).toMatchObject([{ operator: expect.any(Number) }])
  }, EVENTUALLY)
  // An echo of the last beep comes within a second.
  await wait(1_100)
  server.heard = ''
  const rows = async () =>
    (await central.sql('SELECT qr_code_data AS code FROM qr_code_scans ORDER BY id')).map(({ code }) => code)
  const landed = (codes: readonly string[]) =>
    vi.waitFor(async () => expect(await rows()).toEqual(codes), EVENTUALLY)
  return { server, gateway, landed }
}

test('a scanner that was away and brings 500 scans at once has each stored once, in order, and answered', async () => {
  const { server, landed } = await station()
  const codes = Array.from({ length: 500 }, (_, index) => `BOX-${index}`)
  server.say(codes.map((code) => `${code}\r`).join(''))
  await landed(codes)
  expect(server.heard).toBe(BEEP.repeat(500))
})

test.each([
  ['sends back every beep', (bytes: Buffer, socket: Socket) => void socket.write(bytes)],
  ['answers every beep with an ACK', (_: Buffer, socket: Socket) => void socket.write('\x06')],
  ['sends a NUL after every beep', (_: Buffer, socket: Socket) => void socket.write('\0')],
])('a scanner that %s has scanned nothing but its codes', async (_, answer) => {
  const { server, landed } = await station(answer)
  const codes = ['1001', '1002', '1003']
  for (const code of codes) {
    server.say(`${code}\r`)
    await wait(150)
  }
  await landed(codes)
  expect(server.heard).toBe(BEEP.repeat(3))
})

test('a device server that says who it is, and a reader that reads nothing, store nothing and are no trouble', async () => {
  const { server, gateway, landed } = await station(undefined, '{strip_prefix: usr.cn}')
  for (const text of ['usr.cn', 'BOX-1\r', 'NOREAD\r', 'usr.cn', 'BOX-2\r', 'usr.cn', '\0']) {
    server.say(text)
    await wait(text === 'usr.cn' ? 400 : 1_200)
  }
  await landed(['BOX-1', 'BOX-2'])
  expect(server.heard).toBe(BEEP.repeat(2))
  expect(troublesOf(await gateway.status())).not.toHaveProperty('scanner-unreadable')
})

test('a scan that was cut off, and one that is sent again after the connection broke, are no second rows', async () => {
  const { server, landed } = await station()
  server.say('BOX-1\rBOX-')
  await wait(50)
  const { connections } = server
  server.cut()
  await vi.waitFor(() => expect(server.connections).toBeGreaterThan(connections), EVENTUALLY)
  server.say('BOX-1\rBOX-2\r')
  await landed(['BOX-1', 'BOX-2'])
})
