/** One port on which the console answers. */
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import { boundConnections, type Connections, LIMITS } from './connections.ts'
import { addressesBeside, listenAlsoAt } from './other-addresses.ts'
import type { Certificate } from './tls/certificate.ts'
import { createSecureServer, createServer } from './web-servers.ts'

interface ListenerParts {
  readonly host: string
  readonly port: number
  /** Absent: HTTP without TLS. */
  readonly certificate: Certificate | undefined
  /** What answers a request without anything that has to be loaded; undefined where nothing does. */
  readonly atOnce: (connections: Connections) => (request: IncomingMessage) => RequestListener | undefined
  /** Loads what answers, once somebody asks; again with the next one who asks where it could not be loaded. */
  readonly load: (server: Server, connections: Connections) => Promise<RequestListener>
  /** It listens no more, although nobody closed it. */
  readonly onBroken: () => void
}

/** It listens until it is closed. */
export interface Listener {
  readonly host: string
  /** The one that the system chose, where 0 was asked for. */
  readonly port: number
  /** Shows another certificate to whoever connects from now on. */
  show(certificate: Certificate): void
  close(): void
}

/** @throws what the system says, such as that the port is taken */
export async function listen(parts: ListenerParts): Promise<Listener> {
  const { host, certificate, atOnce, load, onBroken } = parts
  const server = serverFor(certificate)
  const connections = boundConnections(server)
  const answerOnceLoaded = answeredOnceLoaded(connections, () => load(server, connections))
  const watched = atOnce(connections)
  server.on('request', (request, response) => {
    const answer = watched(request) ?? answerOnceLoaded
    answer(request, response)
  })
  server.listen({ host, port: parts.port })
  await once(server, 'listening')
  server.on('error', onBroken)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : parts.port
  const closeOthers = listenAlsoAt(server, await addressesBeside(server, host), port)
  return {
    host,
    port,
    show: ({ cert, key }) => {
      if ('setSecureContext' in server) (server as SecureServer).setSecureContext({ cert, key })
    },
    close: () => {
      closeOthers()
      server.close()
      server.closeAllConnections()
    },
  }
}

function serverFor(certificate: Certificate | undefined): Server {
  if (!certificate) return createServer(LIMITS)
  const { cert, key } = certificate
  return createSecureServer({ ...LIMITS, cert, key, minVersion: 'TLSv1.2' })
}

function answeredOnceLoaded(
  connections: Connections,
  load: () => Promise<RequestListener>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let loading: Promise<RequestListener> | undefined
  let answer: RequestListener | undefined
  const loaded = async (): Promise<RequestListener | undefined> => {
    loading ??= load()
    try {
      return await loading
    } catch {
      loading = undefined
      return undefined
    }
  }
  return async (request, response) => {
    if (!answer) {
      // On a small computer that takes longer than a connection may be silent.
      using _awaited = connections.await(request.socket)
      answer = await loaded()
    }
    if (answer) answer(request, response)
    else refuseUnloaded(response)
  }
}

/** Whoever loads it has written into the log why it could not be loaded. */
function refuseUnloaded(response: ServerResponse): void {
  const error = 'a part of the program that answers this cannot be loaded'
  const hint = 'the log says which; if the program was replaced meanwhile, start the gateway again'
  response.writeHead(503, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify({ error, hint })}\n`)
}
