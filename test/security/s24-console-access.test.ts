/** The request matrix of every operation and every role is in test/integration/console/every-route.test.ts. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DescribedOperation, startConsoleGateway } from '../support/console-gateway.ts'
import { startGatewaySite } from './parts/gateway-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

interface Console {
  readonly port: number
  /** What it serves, by its own description. */
  readonly operations: readonly Pick<DescribedOperation, 'name' | 'method' | 'path' | 'role' | 'takesBody'>[]
}

/** A page of somebody else's that a browser of this plant has open. */
const FOREIGN = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
/** The console at work, seen by whoever is not signed in; a stream counts as soon as its head is there. */
const ANSWERED = (status: number) => status < 300 || status === 409 || status === 422

async function judge({ port, operations }: Console): Promise<readonly string[]> {
  const findings: string[] = []
  for (const operation of operations) {
    const path = operation.path.replaceAll(/\{\w+\}/g, 'nothing-of-this-name')
    const ask = (headers: Readonly<Record<string, string>>) => head(port, operation, path, headers)
    const stranger = await ask({ 'x-millrace': '1' })
    if (operation.role !== 'anybody' && stranger.status !== 401) {
      findings.push(`${operation.name} answers a stranger with ${stranger.status}`)
    }
    const foreign = await ask({ ...FOREIGN, 'x-millrace': '1' })
    if (ANSWERED(foreign.status) && operation.method !== 'GET')
      findings.push(`${operation.name} serves a foreign page`)
    for (const { allowed } of [stranger, foreign]) {
      if (allowed !== null) findings.push(`${operation.name} lets pages of ${allowed} read it`)
    }
  }
  return findings
}

async function head(
  port: number,
  { method, takesBody }: Pick<DescribedOperation, 'method' | 'takesBody'>,
  path: string,
  headers: Readonly<Record<string, string>>,
) {
  const left = new AbortController()
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(takesBody && { 'content-type': 'application/json' }) },
    ...(takesBody && { body: '{}' }),
    signal: AbortSignal.any([left.signal, AbortSignal.timeout(30_000)]),
  })
  left.abort()
  return { status: answer.status, allowed: answer.headers.get('access-control-allow-origin') }
}

const withUsers: MakeSite<Console> = async () => {
  const gateway = await startConsoleGateway()
  return { port: gateway.port, operations: await gateway.operations() }
}

/** Passes everything on, and lets every page of the world read the answers. */
const behindOpenProxy: MakeSite<Console> = async (stack) => {
  const { port, operations } = await withUsers(stack)
  const server = createServer(async (request, response) => {
    const answer = await fetch(`http://127.0.0.1:${port}${request.url}`, { method: request.method ?? 'GET' })
    response.writeHead(answer.status, { 'access-control-allow-origin': '*' }).end()
    await answer.body?.cancel()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => void server.close())
  return { port: (server.address() as AddressInfo).port, operations: operations.slice(0, 3) }
}

/** Nobody was made a user yet: then whoever is at this computer may do everything, which `status` and the pages say. */
const withoutUsers: MakeSite<Console> = async (stack) => {
  const { port } = await startGatewaySite(stack)
  const operations = ['/users', '/audit-trail'].map(
    (path) => ({ name: `GET ${path}`, method: 'GET', path, role: 'administer', takesBody: false }) as const,
  )
  return { port, operations }
}

securityCheck<Console>({
  id: 'S24',
  title: 'nothing answers whoever is not signed in, or a page of another site',
  judge,
  shipped: withUsers,
  weakened: {
    'a console without any user': withoutUsers,
    'a proxy that lets every page read the answers': behindOpenProxy,
  },
  timeoutMs: 180_000,
})

/** Whoever may only look must not make the gateway connect to places of his choice. */
const REACHING = /\/connect\/|\/probe|\/find|\/read|\/browse/

securityCheck<Console['operations']>({
  id: 'S24',
  title: 'whoever may only look cannot make the gateway reach for other computers',
  judge: (operations) =>
    operations
      .filter(
        ({ path, role, method }) =>
          method !== 'GET' && REACHING.test(path) && (role === 'anybody' || role === 'view'),
      )
      .map(({ name, role }) => `${name} may be asked by ${role}`),
  shipped: async (stack) => (await withUsers(stack)).operations,
  weakened: {
    'a probe that everybody may start': () => [
      { name: 'POST /connect/probe', method: 'POST', path: '/connect/probe', role: 'view', takesBody: true },
    ],
  },
})
