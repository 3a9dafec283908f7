/**
 * Every route of a running gateway, as its own description names them, called by everybody who may and who may not, and with what no
 * program of ours sends. Whatever comes, it is answered in words, nothing is done that is not allowed, and the machine is polled.
 */
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ROLES, type Role } from '../../../src/console/shapes.ts'
import { PASSWORD, startConsoleGateway } from '../../support/console-gateway.ts'

const EVENTUALLY = { timeout: 60_000, interval: 50 }
const MINUTES = 300_000

type Gateway = Awaited<ReturnType<typeof startConsoleGateway>>
type Operation = Awaited<ReturnType<Gateway['operations']>>[number]

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly parameter?: string
  readonly body?: string
  readonly query?: string
}

/** Calls it; a stream is left once its head is there. */
async function call({ port }: Gateway, operation: Operation, asked: Asked = {}) {
  const { headers = {}, parameter = 'nothing-of-this-name', body, query = '' } = asked
  const path = operation.path.replaceAll(/\{\w+\}/g, encodeURIComponent(parameter))
  const left = new AbortController()
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}${query}`, {
    method: operation.method,
    headers: {
      'x-millrace': '1',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
    signal: AbortSignal.any([left.signal, AbortSignal.timeout(60_000)]),
  })
  const isEndless = answer.headers.get('content-type')?.startsWith('text/event-stream') === true
  const text = isEndless ? '' : await answer.text()
  left.abort()
  return { status: answer.status, headers: answer.headers, text }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Every status of HTTP that may come of a call that is let in, and that asks for nothing sensible. */
const LET_IN = [200, 400, 404, 409, 422, 429, 503]

async function expectPolling({ polls }: Gateway): Promise<void> {
  const before = polls()
  await expect.poll(polls, EVENTUALLY).toBeGreaterThan(before + 3)
}

test(
  'every route refuses whoever is not signed in or has too low a role, and lets in everybody else',
  async () => {
    const gateway = await startConsoleGateway()
    const operations = await gateway.operations()
    expect(operations.length).toBeGreaterThan(15)
    for (const operation of operations) {
      const body = operation.takesBody ? '{}' : undefined
      const asked = body === undefined ? {} : { body }
      const refused = (await call(gateway, operation, asked)).status
      if (operation.role === 'anybody') expect(LET_IN.concat(401), operation.name).toContain(refused)
      else expect([operation.name, refused]).toEqual([operation.name, 401])
      const wrong = await call(gateway, operation, { ...asked, headers: bearer('millrace_wrong') })
      if (operation.role !== 'anybody') expect([operation.name, wrong.status]).toEqual([operation.name, 401])
      for (const role of ROLES) await expectByRole(gateway, operation, role, asked)
    }
    expect(gateway.lines.filter(({ code }) => code === 'api-fault')).toEqual([])
    await expectPolling(gateway)
  },
  MINUTES,
)

async function expectByRole(gateway: Gateway, operation: Operation, role: Role, asked: Asked): Promise<void> {
  const { status } = await call(gateway, operation, { ...asked, headers: bearer(gateway.tokens[role]) })
  const isAllowed = operation.role === 'anybody' || ROLES.indexOf(role) >= ROLES.indexOf(operation.role)
  if (!isAllowed) expect([operation.name, role, status]).toEqual([operation.name, role, 403])
  else
    expect(LET_IN.concat(operation.role === 'anybody' ? 401 : []), `${operation.name} as ${role}`).toContain(
      status,
    )
}

test(
  'no page of another site changes anything, with whatever session',
  async () => {
    const gateway = await startConsoleGateway()
    const cookie = await signedIn(gateway)
    for (const operation of await gateway.operations()) {
      const asked = operation.takesBody ? { body: '{}' } : {}
      const foreign = [
        { cookie, origin: 'https://evil.example' },
        { cookie, 'sec-fetch-site': 'cross-site' },
      ]
      for (const headers of foreign.slice(operation.method === 'GET' ? 1 : 0)) {
        const { status } = await call(gateway, operation, { ...asked, headers })
        expect([operation.name, headers, status]).toEqual([operation.name, headers, 403])
      }
    }
  },
  MINUTES,
)

async function signedIn(gateway: Gateway): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/session`, {
    method: 'POST',
    headers: { 'x-millrace': '1', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'anna', password: PASSWORD }),
  })
  expect(answer.status).toBe(200)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

const STRANGE = [
  '../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '\u0000',
  'a\r\nset-cookie: x=1',
  '%',
  '🧨'.repeat(60),
  '__proto__',
]
const BODIES = [
  '[]',
  'null',
  '"x"',
  '{"__proto__": {"role": "administer"}}',
  `{"a": ${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  '{',
]

test(
  'strange parameters, queries and bodies are refused in words, and no answer shows a file or a stack',
  async () => {
    const gateway = await startConsoleGateway()
    const headers = bearer(gateway.tokens.administer)
    for (const operation of await gateway.operations()) {
      const asked: Asked[] = [
        ...(operation.path.includes('{') ? STRANGE.map((parameter) => ({ parameter })) : []),
        ...(operation.takesBody ? BODIES.map((body) => ({ body })) : []),
        {
          query: `?${'a=1&'.repeat(200)}limit=-1&at=nowhere&before=99999999999999999999`,
          ...(operation.takesBody && { body: '{}' }),
        },
      ]
      for (const one of asked) {
        const { status, text, headers: given } = await call(gateway, operation, { headers, ...one })
        expect(
          LET_IN.concat(401),
          `${operation.name} ${JSON.stringify(one).slice(0, 80)}: ${text.slice(0, 300)}`,
        ).toContain(status)
        expect(text).not.toMatch(/root:x:0:0|node_modules|\.ts:\d+/)
        expect(given.get('set-cookie') ?? '').not.toContain('x=1')
        expect(given.get('x-content-type-options')).toBe('nosniff')
        expect(given.get('cache-control')).toBe('no-store')
      }
    }
    expect(gateway.lines.filter(({ code }) => code === 'api-fault')).toEqual([])
    await expectPolling(gateway)
  },
  MINUTES,
)

test('no path leads out of the folder of the pages', async () => {
  const gateway = await startConsoleGateway()
  const paths = [
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/assets/../../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
    '/assets/..\\..\\package.json',
    '/index.html%00.js',
  ]
  for (const path of paths) {
    const answer = await raw(
      gateway.port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expect(answer, path).not.toMatch(/"dependencies"|root:x:0:0/)
  }
})

/** Sends bytes as they are, and gives what comes back until the connection ends. */
function raw(port: number, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1')
  let got = ''
  socket.on('data', (bytes) => {
    got += bytes
  })
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(got))
  socket.write(text)
  return promise
}

test('a name that is not this computer’s is answered nowhere', async () => {
  const gateway = await startConsoleGateway()
  for (const path of ['/', '/status', '/health', '/api/v1/session', '/api/v1/users']) {
    const answer = await raw(
      gateway.port,
      `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    )
    expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 421 Misdirected Request')
  }
  const absolute = `GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
  expect(await raw(gateway.port, absolute)).not.toContain('"machines"')
})

test(
  'a request that is huge, endless or slow is ended, and others are served meanwhile',
  async () => {
    const gateway = await startConsoleGateway()
    const { port } = gateway
    const head = `POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nx-millrace: 1\r\nContent-Type: application/json\r\n`
    const huge = raw(port, `${head}Content-Length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}`)
    const chunked = raw(
      port,
      `${head}Transfer-Encoding: chunked\r\n\r\n${`ffff\r\n${'x'.repeat(65_535)}\r\n`.repeat(60)}`,
    )
    const longHeader = raw(port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)
    const smuggled = raw(
      port,
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /status HTTP/1.1\r\n\r\n`,
    )
    const slow = Array.from({ length: 100 }, () => raw(port, `${head}Content-Length: 100\r\n\r\n{`))
    expect(await longHeader).toContain('431')
    expect(await huge).toMatch(/413|^$/)
    expect(await chunked).toMatch(/413|^$/)
    expect(await smuggled).toMatch(/^HTTP\/1.1 400/)
    await expect
      .poll(
        async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.status,
        EVENTUALLY,
      )
      .toBeDefined()
    await expectPolling(gateway)
    await Promise.all(slow)
  },
  MINUTES,
)

test(
  'a flood of sign-ins and connections neither guesses a password nor stops polling, and the administrator gets in',
  async () => {
    const gateway = await startConsoleGateway()
    const { port } = gateway
    const flood = new AbortController()
    onTestFinished(() => flood.abort())
    const guess = async (): Promise<void> => {
      while (!flood.signal.aborted) {
        const body = JSON.stringify({ name: 'anna', password: `guess ${Math.random()}` })
        const headers = { 'x-millrace': '1', 'content-type': 'application/json' }
        const sent = fetch(`http://127.0.0.1:${port}/api/v1/session`, { method: 'POST', headers, body })
        const status = await sent.then(
          ({ status }) => status,
          () => 0,
        )
        expect([0, 401, 429, 503]).toContain(status)
        await wait(5)
      }
    }
    const guessing = Promise.all(Array.from({ length: 20 }, guess))
    await expectPolling(gateway)
    await expectPolling(gateway)
    const headers = bearer(gateway.tokens.administer)
    const ask = async () =>
      (await fetch(`http://127.0.0.1:${port}/api/v1/users`, { headers }).catch(() => undefined))?.status
    await expect.poll(ask, EVENTUALLY).toBe(200)
    flood.abort()
    await guessing
    const trail = await fetch(`http://127.0.0.1:${port}/api/v1/audit-trail?limit=1`, { headers })
    expect(await trail.json()).toMatchObject({
      entries: [{ who: null, what: expect.stringMatching(/^sign-in as anna/) }],
    })
    await expect
      .poll(async () => (await signedIn(gateway).catch(() => '')).length, {
        timeout: 60_000,
        interval: 1_000,
      })
      .toBeGreaterThan(20)
  },
  MINUTES,
)
