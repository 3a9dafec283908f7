/** Server-sent events over a real connection: the newest counts, and nobody stays who may not. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { type EventStream, eventStream } from '../../../src/console/endpoint.ts'
import { ApiRefusal } from '../../../src/console/refusal.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { testConsole } from '../../support/console.ts'

const PASSWORD = 'correct horse battery'
const EVENTUALLY = { timeout: 60_000, interval: 50 }
const clock = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal),
}

/** A stream that a test feeds. */
function fedStream() {
  const sends = new Set<(event: { readonly n: number; readonly filler: string }) => void>()
  const stream: EventStream = eventStream({
    path: '/numbers/:room',
    role: 'view',
    summary: 'Numbers.',
    params: z.strictObject({ room: z.string() }),
    event: z.object({ n: z.number(), filler: z.string() }),
    open: ({ params }, send) => {
      if (params.room === 'none') throw new ApiRefusal(404, 'room-unknown', 'there is no such room')
      send({ n: 0, filler: '' })
      sends.add(send)
      return { [Symbol.dispose]: () => void sends.delete(send) }
    },
  })
  return {
    api: { endpoints: [], streams: [stream] },
    open: () => sends.size,
    send: (n: number, filler = '') => sends.forEach((send) => void send({ n, filler })),
  }
}

/** A page that listens, and what it has got. */
function listener(port: number, headers = '') {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const got = { text: '', isOver: false }
  socket.on('data', (bytes) => {
    got.text += bytes
  })
  socket.on('close', () => {
    got.isOver = true
  })
  socket.on('error', () => undefined)
  socket.write(`GET /api/v1/numbers/hall HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
  return { socket, got }
}

test('a page gets the present state, then what comes, and a sign that the gateway is there', async () => {
  const fed = fedStream()
  const site = await testConsole({ api: fed.api, clock })
  const { socket, got } = listener(site.port)
  await expect.poll(() => got.text, EVENTUALLY).toContain('data: {"n":0,"filler":""}\n\n')
  expect(got.text).toMatch(
    /^HTTP\/1.1 200 OK\r\n(?=.*content-type: text\/event-stream)(?=.*cache-control: no-store)/is,
  )
  fed.send(1)
  await expect.poll(() => got.text, EVENTUALLY).toContain('data: {"n":1,')
  await expect.poll(() => got.text, EVENTUALLY).toContain(': here\n\n')
  socket.destroy()
  await expect.poll(fed.open, EVENTUALLY).toBe(0)
})

test('a page that takes nothing costs the gateway one event, and gets the newest once it takes them', async () => {
  const fed = fedStream()
  const site = await testConsole({ api: fed.api, clock })
  const { socket, got } = listener(site.port)
  await expect.poll(() => got.text, EVENTUALLY).toContain('"n":0')
  socket.pause()
  const before = process.memoryUsage().rss
  const filler = 'x'.repeat(100_000)
  for (let n = 1; n <= 2_000; n += 1) {
    fed.send(n, filler)
    if (n % 20 === 0) await systemClock.sleep(1)
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  socket.resume()
  await expect.poll(() => got.text.includes('data: {"n":2000,'), EVENTUALLY).toBe(true)
  expect(got.text.match(/data: /g)?.length).toBeLessThan(1_000)
})

// Bound: STREAMS_MAX
test('a refused stream says why, and the fortieth and one is told to come back', async () => {
  const fed = fedStream()
  const site = await testConsole({ api: fed.api, clock })
  expect(await site.visitor().get('/numbers/none')).toMatchObject({
    status: 404,
    json: { code: 'room-unknown' },
  })
  for (let n = 0; n < 40; n += 1) listener(site.port)
  await expect.poll(fed.open, EVENTUALLY).toBe(40)
  expect(await site.visitor().get('/numbers/hall')).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
    json: { code: 'api-streams' },
  })
})

test('a flood of connections does not take the stream from a page that is signed in', async () => {
  const fed = fedStream()
  const site = await testConsole({ api: fed.api, clock })
  const { got } = listener(site.port)
  await expect.poll(fed.open, EVENTUALLY).toBe(1)
  const flood = Array.from({ length: 300 }, () =>
    connect(site.port, '127.0.0.1').on('error', () => undefined),
  )
  onTestFinished(() => flood.forEach((socket) => void socket.destroy()))
  await Promise.all(flood.map((socket) => once(socket, 'connect').catch(() => undefined)))
  fed.send(7)
  await expect.poll(() => got.text, EVENTUALLY).toContain('"n":7')
  expect(got.isOver).toBe(false)
})

test('a stream ends when its user signs out, and when the gateway stops', async () => {
  const fed = fedStream()
  const site = await testConsole({ api: fed.api, clock })
  const anna = site.visitor()
  await anna.post('/users', { name: 'anna', role: 'administer', password: PASSWORD })
  await anna.signIn('anna', PASSWORD)
  const first = listener(site.port, `Cookie: ${anna.cookie}\r\n`)
  await expect.poll(fed.open, EVENTUALLY).toBe(1)
  await anna.remove('/session')
  await expect.poll(() => first.got.isOver, EVENTUALLY).toBe(true)
  await anna.signIn('anna', PASSWORD)
  const second = listener(site.port, `Cookie: ${anna.cookie}\r\n`)
  await expect.poll(fed.open, EVENTUALLY).toBe(1)
  await site.end()
  await expect.poll(() => second.got.isOver, EVENTUALLY).toBe(true)
  expect(fed.open()).toBe(0)
})
