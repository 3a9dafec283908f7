/** The endpoints behind the page *Connect* on a real console, with real drivers: what a page or a script would get of them. */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { connectEndpoints } from '../../src/api/connect/endpoints.ts'
import type { ConnectParts } from '../../src/api/connect/parts.ts'
import { connectSessions } from '../../src/api/connect/session-endpoints.ts'
import type { StatusReport } from '../../src/console/report.ts'
import { createConsole } from '../../src/console/server.ts'
import { createDrivers } from '../../src/drivers/index.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { recordingLog, testFolder } from './buffer.ts'
import { testTrail } from './console.ts'
import { testHardware } from './hardware.ts'

export interface ConnectSite {
  readonly folder: string
  /** @returns the status and the body of the answer */
  call(method: string, path: string, body?: object): Promise<Answer>
  /** The events of a stream, as they come, until `isEnough` of one. */
  watch<T>(path: string, isEnough: (event: T) => boolean): Promise<T>
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asks for
  readonly body: any
}

/** Runs until the test is over. */
export async function startConnectSite(parts: Partial<ConnectParts> = {}): Promise<ConnectSite> {
  const folder = testFolder()
  const devicesFolder = join(folder, 'devices')
  for (const made of [devicesFolder, join(folder, 'data')]) mkdirSync(made)
  cpSync('devices/profiles', join(devicesFolder, 'profiles'), { recursive: true })
  const { log } = recordingLog()
  const drivers = createDrivers()
  const stop = new AbortController()
  const connect: ConnectParts = {
    hardware: { ...testHardware, drivers: drivers.all },
    clock: systemClock,
    random: Math.random,
    log,
    stateFolder: join(folder, 'data'),
    devicesFolder,
    ownFiles: {
      files: [join(folder, 'gateway.yaml'), join(folder, 'secrets', 'central')],
      dataFolder: join(folder, 'data'),
      routesFolder: join(folder, 'routes'),
    },
    cwd: folder,
    organization: 'SAV',
    plant: 'SAV-1',
    masterData: { machinesOfPlant: () => ({ readAtMs: null, machines: [] }) },
    maps: () => [],
    stopping: stop.signal,
    ...parts,
  }
  const sessions = connectSessions(connect)
  let port: number | undefined
  const console = createConsole({
    metrics: async () => ({ type: 'text/plain', text: '' }),
    unready: async () => undefined,
    gateway: 'edge-sav-01',
    timezone: 'Europe/Rome',
    dataFolder: folder,
    host: '127.0.0.1',
    port: 0,
    names: [],
    report: async () => ({ healthy: true, degraded: [] }) as unknown as StatusReport,
    api: () => ({
      endpoints: [...connectEndpoints(connect), ...sessions.endpoints],
      streams: sessions.streams,
    }),
    announce: async (presence) => {
      port = presence.port
    },
    clock: systemClock,
    log,
    trail: testTrail({ dataFolder: folder, clock: systemClock, log }),
  })
  const running = console.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
    await drivers[Symbol.asyncDispose]()
  })
  await expect.poll(() => port, { timeout: 60_000, interval: 20 }).toBeDefined()
  const url = `http://127.0.0.1:${port}/api/v1`
  return {
    folder,
    call: (method, path, body) => call(`${url}${path}`, method, body),
    watch: (path, isEnough) => watch(`${url}${path}`, isEnough),
  }
}

async function call(url: string, method: string, body?: object): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: { 'x-millrace': '1', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

async function watch<T>(url: string, isEnough: (event: T) => boolean): Promise<T> {
  const answer = await fetch(url, { headers: { accept: 'text/event-stream' } })
  if (!answer.body) throw new Error(`${url} gives no stream: ${answer.status}`)
  let text = ''
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    text += part
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events.filter((one) => one.startsWith('data: '))) {
      const data = JSON.parse(event.slice('data: '.length)) as T
      // Leaving the loop ends the stream.
      if (isEnough(data)) return data
    }
  }
  throw new Error(`${url} ended: ${text}`)
}
