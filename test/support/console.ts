/** A console that runs on a port of its own, and a browser or script that asks it. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { request as requestSecurely } from 'node:https'
import { expect, onTestFinished } from 'vitest'
import { AuditTrail } from '../../src/audit-trail/audit-trail.ts'
import type { ConsoleApi } from '../../src/console/endpoint.ts'
import { announcementIn, type Presence } from '../../src/console/presence.ts'
import type { StatusReport } from '../../src/console/report.ts'
import { createConsole } from '../../src/console/server.ts'
import type { ConsoleSettings } from '../../src/console/settings.ts'
import type { Trouble } from '../../src/domain/health.ts'
import { type Clock, systemClock } from '../../src/runtime/clock.ts'
import { recordingLog, testFolder } from './buffer.ts'

const EVENTUALLY = { timeout: 60_000, interval: 20 }

interface ConsoleOptions {
  readonly api?: ConsoleApi
  readonly folder?: string
  readonly clock?: Clock
  readonly host?: string
  readonly tls?: ConsoleSettings['tls']
}

/** Stopped after the test. */
export async function testConsole({
  api = { endpoints: [], streams: [] },
  folder = testFolder(),
  clock = systemClock,
  host = '127.0.0.1',
  tls,
}: ConsoleOptions = {}) {
  const { log, lines } = recordingLog()
  const stop = new AbortController()
  const listening = Promise.withResolvers<Presence>()
  const trail = testTrail({ dataFolder: folder, clock, log })
  const console = createConsole({
    ...{
      gateway: 'edge-1',
      timezone: 'Europe/Rome',
      dataFolder: folder,
      host,
      port: 0,
      names: [],
      clock,
      log,
      trail,
    },
    metrics: async () => ({ type: 'text/plain', text: '' }),
    unready: async () => undefined,
    ...(tls !== undefined && { tls }),
    report: async (own: readonly Trouble[]) =>
      ({
        gateway: 'edge-1',
        version: '1',
        healthy: own.length === 0,
        degraded: own,
      }) as unknown as StatusReport,
    api: () => api,
    announce: async (presence) => {
      await announcementIn(folder).announce(presence)
      listening.resolve(presence)
    },
  })
  const running = console.run(stop.signal)
  const end = async () => {
    stop.abort()
    await running
  }
  onTestFinished(end)
  const { port } = await listening.promise
  const visitor = (address?: string) => new Visitor(port, address, tls !== undefined)
  await expect.poll(async () => (await visitor().get('/session')).status, EVENTUALLY).toBe(200)
  return { folder, lines, port, end, visitor }
}

/** Closed after the test, and after what was started since. */
export function testTrail(parts: ConstructorParameters<typeof AuditTrail>[0]): AuditTrail {
  const trail = new AuditTrail(parts)
  onTestFinished(() => trail[Symbol.asyncDispose]())
  return trail
}

interface Asked {
  /** Undefined: not sent, although a page would. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
}

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any
  readonly text: string
}

/** Asks as a page of the console does, keeps the cookie, and may come from another address of this computer. */
export class Visitor {
  readonly #port: number
  readonly #localAddress: string | undefined
  readonly #isSecure: boolean
  cookie: string | undefined

  constructor(port: number, localAddress?: string, isSecure = false) {
    this.#port = port
    this.#isSecure = isSecure
    this.#localAddress = localAddress
  }

  get(path: string, asked: Asked = {}): Promise<Answered> {
    return this.call('GET', `/api/v1${path}`, asked)
  }

  post(path: string, body?: unknown, asked: Asked = {}): Promise<Answered> {
    return this.call('POST', `/api/v1${path}`, { ...asked, body })
  }

  put(path: string, body: unknown): Promise<Answered> {
    return this.call('PUT', `/api/v1${path}`, { body })
  }

  remove(path: string): Promise<Answered> {
    return this.call('DELETE', `/api/v1${path}`, {})
  }

  signIn(name: string, password: string): Promise<Answered> {
    return this.post('/session', { name, password })
  }

  async call(method: string, path: string, { headers = {}, body }: Asked): Promise<Answered> {
    const ask = this.#isSecure ? requestSecurely : request
    const sent = ask({
      rejectUnauthorized: false,
      ...{ host: '127.0.0.1', port: this.#port, method, path, agent: false },
      ...(this.#localAddress !== undefined && { localAddress: this.#localAddress }),
      headers: sentHeaders({
        host: `127.0.0.1:${this.#port}`,
        'x-millrace': '1',
        ...(this.cookie !== undefined && { cookie: this.cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      }),
    })
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
    const [response] = await once(sent, 'response')
    const text = (await response.toArray()).join('')
    const [cookie] = (response.headers['set-cookie'] as readonly string[] | undefined) ?? []
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]
    const isJson = String(response.headers['content-type']).startsWith('application/json')
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
    }
  }
}

function sentHeaders(headers: Readonly<Record<string, string | undefined>>): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
}
