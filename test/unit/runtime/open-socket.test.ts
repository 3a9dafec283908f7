import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { openSocket } from '../../../src/runtime/open-socket.ts'
import type { GaveUp } from '../../../src/runtime/within.ts'

const faultOf = (cause: Error | GaveUp) =>
  new Error(cause instanceof Error ? String(Reflect.get(cause, 'code')) : cause)

async function listening(): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((socket) => socket.resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { port, close: () => void server.close() }
}

function open(port: number, signal: AbortSignal) {
  return openSocket({ host: '127.0.0.1', port }, { clock: systemClock, maxMs: 5_000, signal, faultOf })
}

test('what comes can be taken at once, and its end is still told', async () => {
  const server = createServer((socket) => socket.write('one', () => socket.end('two')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  let text = ''
  const { signal } = new AbortController()
  const take = (bytes: Buffer) => {
    text += bytes.toString()
    bytes.fill(0)
  }
  const socket = await openSocket(
    { host: '127.0.0.1', port },
    { clock: systemClock, maxMs: 60_000, signal, faultOf, take },
  )
  if (!socket.closed) await once(socket, 'close')
  expect(text).toBe('onetwo')
})

test('a socket is opened', async () => {
  const { port } = await listening()
  const socket = await open(port, new AbortController().signal)
  expect(socket.remotePort).toBe(port)
  socket.destroy()
})

test('a refused connection is the fault that is made of the error of the system', async () => {
  const server = await listening()
  server.close()
  await expect(open(server.port, new AbortController().signal)).rejects.toThrow('ECONNREFUSED')
})

test('an attempt that is given up before or while it goes on ends at once', async () => {
  const { port } = await listening()
  await expect(open(port, AbortSignal.abort())).rejects.toThrow('aborted')
  const stop = new AbortController()
  const opening = open(port, stop.signal)
  stop.abort()
  await expect(opening).rejects.toThrow('aborted')
})
