import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

/** A server that answers every chunk with itself in capitals, and remembers what it got. */
interface Shouter extends AsyncDisposable {
  readonly port: number
  readonly heard: () => string
}

let shouter: Shouter
let proxy: TcpProxy

beforeEach(async () => {
  shouter = await startShouter()
  proxy = await startTcpProxy({ host: '127.0.0.1', port: shouter.port })
})

afterEach(async () => {
  await proxy[Symbol.asyncDispose]()
  await shouter[Symbol.asyncDispose]()
})

test('passes bytes on, both ways', async () => {
  const client = await dial()
  client.socket.write('hello')
  await client.until('HELLO')
})

test('chops what it passes, and loses none of it', async () => {
  proxy.impair('to-server', { kind: 'chop', bytes: 1 })
  const client = await dial()
  client.socket.write('hello')
  await client.until('HELLO')
  expect(client.chunks()).toBeGreaterThan(1)
})

test('holds answers back until it is repaired', async () => {
  const client = await dial()
  proxy.impair('to-client', { kind: 'hold' })
  client.socket.write('hello')
  await until(() => shouter.heard() === 'hello')
  expect(client.got()).toBe('')
  proxy.repair()
  await client.until('HELLO')
})

test('drops what is sent, and what comes after the repair arrives', async () => {
  const client = await dial()
  proxy.impair('to-server', { kind: 'drop' })
  client.socket.write('lost')
  await wait(50)
  proxy.repair()
  client.socket.write('kept')
  await client.until('KEPT')
  expect(shouter.heard()).toBe('kept')
})

test('delays, and keeps the order', async () => {
  const client = await dial()
  proxy.impair('to-server', { kind: 'delay', ms: 100 })
  const sentMs = performance.now()
  client.socket.write('one')
  await wait(10)
  proxy.repair()
  client.socket.write('two')
  await client.until('ONETWO')
  expect(performance.now() - sentMs).toBeGreaterThan(95)
})

test('half-open: the client is not told', async () => {
  const client = await dial()
  client.socket.write('a')
  await client.until('A')
  proxy.halfOpen()
  client.socket.write('b')
  await wait(100)
  expect(client.socket.destroyed).toBe(false)
  expect(shouter.heard()).toBe('a')
})

test('refuses, then takes connections again', async () => {
  proxy.refuse()
  const refused = connect(proxy.port, '127.0.0.1').on('error', () => undefined)
  await until(() => refused.destroyed)
  proxy.repair()
  const client = await dial()
  client.socket.write('hello')
  await client.until('HELLO')
})

test.each([
  ['before-forwarding', ''],
  ['after-forwarding', undefined],
  ['before-answer', 'COMMIT'],
] as const)('cuts %s of the bytes that were waited for', async (point, heard) => {
  const client = await dial()
  const done = proxy.cutAt((bytes) => bytes.includes('COMMIT'), point)
  client.socket.write('COMMIT')
  await done
  await until(() => client.socket.destroyed)
  expect(client.got()).toBe('')
  // With a reset right behind the bytes, the server may have read them or not: nobody knows, and that is the point.
  if (heard !== undefined) expect(shouter.heard()).toBe(heard)
})

async function dial() {
  const socket = connect(proxy.port, '127.0.0.1')
  const chunks: string[] = []
  socket.on('data', (bytes) => chunks.push(bytes.toString()))
  socket.on('error', () => undefined) // Resets are what is tested here.
  await once(socket, 'connect')
  const got = () => chunks.join('')
  return { socket, got, chunks: () => chunks.length, until: (text: string) => until(() => got() === text) }
}

async function startShouter(): Promise<Shouter> {
  const sockets = new Set<Socket>()
  let heard = ''
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined) // Resets are what is tested here.
    socket.on('data', (bytes) => {
      heard += bytes.toString()
      socket.write(bytes.toString().toUpperCase())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    heard: () => heard,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5)
}
