/** A port that loads what answers when somebody asks, over real sockets. */
import { lookup } from 'node:dns/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../../src/console/listener.ts'
import { addressesBeside, listenAlsoAt } from '../../../src/console/other-addresses.ts'

const ANSWER: RequestListener = (_, response) => response.end('here')
const AT_ONCE: RequestListener = (_, response) => response.end('at once')

async function listening(load: () => Promise<RequestListener>, host = '127.0.0.1') {
  const atOnce = () => (request: IncomingMessage) => (request.url === '/at-once' ? AT_ONCE : undefined)
  const parts = { host, port: 0, certificate: undefined, atOnce, load, onBroken: () => undefined }
  const listener = await listen(parts)
  onTestFinished(() => listener.close())
  return listener
}

async function ask(port: number, path = '/'): Promise<readonly [status: number, body: string]> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  return [answer.status, await answer.text()]
}

test('what answers is loaded once, by the first who ask, and all of them are answered', async () => {
  let loads = 0
  const { port } = await listening(async () => {
    loads += 1
    await wait(200)
    return ANSWER
  })
  expect(await ask(port, '/at-once')).toEqual([200, 'at once'])
  expect(loads).toBe(0)
  expect(await Promise.all([ask(port), ask(port), ask(port)])).toEqual(Array(3).fill([200, 'here']))
  expect(await ask(port)).toEqual([200, 'here'])
  expect(loads).toBe(1)
})

test('where it cannot be loaded, whoever asks is told so, and the next one has it tried again', async () => {
  let loads = 0
  const { port } = await listening(async () => {
    loads += 1
    if (loads === 1) throw new Error('gone')
    return ANSWER
  })
  const [status, body] = await ask(port)
  expect(status).toBe(503)
  expect(JSON.parse(body)).toEqual({
    error: expect.stringContaining('cannot be loaded'),
    hint: expect.stringContaining('start the gateway again'),
  })
  expect(await ask(port)).toEqual([200, 'here'])
})

test('a server is reached at other addresses as well, until they are closed', async () => {
  const server = createServer(ANSWER)
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  // The second is nobody's: it is left out.
  const close = listenAlsoAt(server, ['127.0.0.2', '203.0.113.1'], port)
  await expect.poll(() => isReached('127.0.0.2', port)).toBe(true)
  expect(await isReached('127.0.0.1', port)).toBe(true)
  close()
  expect(await isReached('127.0.0.2', port)).toBe(false)
})

test('localhost is listened on at each of its addresses, any other host at its own', async () => {
  const listener = await listening(async () => ANSWER, 'localhost')
  for (const { address } of await lookup('localhost', { all: true }))
    await expect.poll(() => isReached(address, listener.port)).toBe(true)
  const server = createServer(ANSWER)
  expect(await addressesBeside(server, '127.0.0.1')).toEqual([])
})

function isReached(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    })
    socket.once('data', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
