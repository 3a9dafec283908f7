/** The console on real ports: taken ones, hostile clients, and a disk on which it cannot leave word. */
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { askStatus } from '../../../src/console/ask-status.ts'
import { announcementIn, findPresence, type Presence } from '../../../src/console/presence.ts'
import type { StatusReport } from '../../../src/console/report.ts'
import { createConsole } from '../../../src/console/server.ts'
import type { Trouble } from '../../../src/domain/health.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { recordingLog, testFolder } from '../../support/buffer.ts'
import { testTrail } from '../../support/console.ts'

const ASKING = { maxMs: 10_000, signal: new AbortController().signal }
const EVENTUALLY = { timeout: 60_000, interval: 20 }
/** What is tried again every few seconds is tried again soon. */
const hastyClock = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal),
}

interface Site {
  readonly folder: string
  readonly lines: ReturnType<typeof recordingLog>['lines']
  /** Where it said that it listens. */
  readonly place: () => Presence | undefined
}

/** A console that runs until the test is over. */
function runConsole(
  settings: { readonly port?: number; readonly host?: string; readonly names?: readonly string[] } = {},
  leaveWord?: (presence: Presence) => Promise<void>,
): Site {
  const folder = testFolder()
  const { log, lines } = recordingLog()
  const stop = new AbortController()
  let place: Presence | undefined
  const console = createConsole({
    metrics: async () => ({ type: 'text/plain', text: '' }),
    unready: async () => undefined,
    host: '127.0.0.1',
    port: 0,
    names: [],
    ...settings,
    report: async (own: readonly Trouble[]) =>
      ({ gateway: 'edge-1', healthy: own.length === 0, degraded: own }) as unknown as StatusReport,
    gateway: 'edge-1',
    timezone: 'Europe/Rome',
    dataFolder: folder,
    api: () => ({ endpoints: [], streams: [] }),
    announce: async (presence) => {
      const writing = (leaveWord ?? announcementIn(folder).announce)(presence)
      await writing.finally(() => {
        place = presence
      })
    },
    clock: hastyClock,
    log,
    trail: testTrail({ dataFolder: folder, clock: hastyClock, log }),
  })
  const running = console.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  return { folder, lines, place: () => place }
}

async function portOf({ place }: Site): Promise<number> {
  await expect.poll(place, EVENTUALLY).toBeDefined()
  return place()?.port ?? 0
}

/** Another program on a port of its own. */
async function otherProgram() {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, end: () => server.close() }
}

async function asked(port: number, options: { readonly method?: string; readonly host?: string } = {}) {
  const { method = 'GET', host = `127.0.0.1:${port}` } = options
  const sent = request({ host: '127.0.0.1', port, path: '/status', method, headers: { host }, agent: false })
  sent.end()
  const [response] = await once(sent, 'response')
  response.resume()
  return response.statusCode as number
}

test('a port that another program has is a trouble, status works all the same, and it is over once the port is free', async () => {
  const other = await otherProgram()
  const site = runConsole({ port: other.port })
  await portOf(site)
  const report = async () => (await askStatus(site.folder, ASKING)) as StatusReport
  await expect
    .poll(async () => (await report()).degraded, EVENTUALLY)
    .toMatchObject([
      {
        code: 'console-port',
        what: expect.stringMatching(
          new RegExp(
            `cannot listen on 127.0.0.1:${other.port}: its port is taken by another program; it listens on `,
          ),
        ),
        hint: expect.stringContaining('choose another port'),
      },
    ])
  other.end()
  await expect.poll(() => site.place()?.port, EVENTUALLY).toBe(other.port)
  expect((await report()).degraded).toEqual([])
  expect(site.lines.map(({ code, msg }) => [code, msg.slice(0, 5)])).toEqual([
    ['console-port', 'the c'],
    ['console-port', 'over:'],
  ])
})

test('an address that this computer does not have is no reason not to answer', async () => {
  const site = runConsole({ host: '203.0.113.7', port: 8484 })
  await portOf(site)
  const { degraded } = (await askStatus(site.folder, ASKING)) as StatusReport
  expect(degraded).toMatchObject([{ what: expect.stringContaining('this computer has no such address') }])
})

test('where it cannot leave word it listens on, says so once, and leaves word once it can', async () => {
  let isFull = true
  let tries = 0
  const site = runConsole({}, async () => {
    tries += 1
    if (isFull) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' })
  })
  const port = await portOf(site)
  await expect.poll(() => tries, EVENTUALLY).toBeGreaterThan(3)
  expect(await asked(port)).toBe(200)
  expect(site.place()?.port).toBe(port)
  expect(site.lines).toHaveLength(1)
  isFull = false
  await expect.poll(() => site.lines.length, EVENTUALLY).toBe(2)
  expect(site.lines[1]?.msg).toContain('over: ')
})

test('it only shows', async () => {
  const port = await portOf(runConsole())
  expect(await asked(port, { method: 'HEAD' })).toBe(200)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect(await asked(port, { method })).toBe(405)
})

test('a page in a browser that calls this computer by a name of its own is not answered', async () => {
  const port = await portOf(runConsole({ names: ['edge-01.plant.example'] }))
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'localhost.evil.example',
  ])
    expect(await asked(port, { host }), host).toBe(421)
  const ours = ['localhost', '127.0.0.1', `[::1]:${port}`, '10.1.2.3', hostname(), 'Edge-01.plant.example:80']
  for (const host of ours) expect(await asked(port, { host }), host).toBe(200)
})

// Bound: CONNECTIONS_MAX
test('a thousand half requests neither use up the files of the process nor keep status out', async () => {
  const site = runConsole()
  const port = await portOf(site)
  const sockets: Socket[] = []
  let open = 0
  let arrived = 0
  for (let n = 0; n < 1_000; n += 1) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('connect', () => {
      open += 1
      arrived += 1
      socket.write('GET /status HTTP/1.1\r\nHost: loc')
    })
    socket.on('close', () => {
      open -= 1
    })
    socket.resume()
    sockets.push(socket)
  }
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  expect(await askStatus(site.folder, ASKING)).toMatchObject({ gateway: 'edge-1' })
  await expect.poll(() => arrived, EVENTUALLY).toBe(1_000)
  await expect.poll(() => open, EVENTUALLY).toBeLessThanOrEqual(65)
  expect(await askStatus(site.folder, ASKING)).toMatchObject({ gateway: 'edge-1' })
  // Whoever does not finish its request is not waited for.
  await expect.poll(() => open, EVENTUALLY).toBe(0)
})

test('what is left of an earlier process on a port that another gateway has now is not believed', async () => {
  const strange = createServer((_, response) => response.end(JSON.stringify({ gateway: 'edge-2' })))
  strange.listen(0, '127.0.0.1')
  await once(strange, 'listening')
  onTestFinished(() => void strange.close())
  const folder = testFolder()
  await announcementIn(folder).announce({ host: '127.0.0.1', port: (strange.address() as AddressInfo).port })
  const configured = { gateway: 'edge-1', host: '127.0.0.1', port: 0 }
  expect(await askStatus(folder, ASKING, configured)).toBe('other')
})

test('word of where it listens is for the gateway’s own user', async () => {
  const site = runConsole()
  await portOf(site)
  await wait(50)
  expect(statSync(join(site.folder, 'running.json')).mode & 0o777).toBe(0o600)
  expect(findPresence(site.folder)).toEqual(site.place())
})
