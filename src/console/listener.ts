/** One port on which the console answers. */
import type { RequestListener, Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { boundConnections, type Connections, LIMITS } from './connections.ts'
import { isOurName } from './host-names.ts'
import type { Certificate } from './tls/certificate.ts'
import { createSecureServer, createServer } from './web-servers.ts'

/** Of a request: the text of a map, a certificate, a sheet of signals. */
const BODY_BYTES_MAX = 2 * 1024 * 1024
/** Of one part of a path, such as the name of a file. */
const PARAMETER_LENGTH_MAX = 500

interface ListenerParts {
  readonly host: string
  readonly port: number
  /** Absent: HTTP without TLS. */
  readonly certificate: Certificate | undefined
  /** Names by which requests may call this computer, besides any IP address and `localhost`. */
  readonly names: readonly string[]
  /** Adds what is answered. */
  readonly serve: (app: FastifyInstance, connections: Connections) => void
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
  const { host, port, certificate, names, serve, onBroken } = parts
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    forceCloseConnections: true,
    schemaController: {
      compilersFactory: { buildValidator: () => noSchemas, buildSerializer: () => noSchemas },
    },
    serverFactory: (handler) => serverFor(handler, certificate),
  })
  const { server } = app
  app.addHook('onRequest', async (request, reply) => refuseWrongName(request, reply, [...names, host]))
  serve(app, boundConnections(server))
  await app.listen({ host, port })
  server.on('error', onBroken)
  const address = server.address()
  return {
    host,
    port: typeof address === 'object' && address ? address.port : port,
    show: ({ cert, key }) => {
      if ('setSecureContext' in server) (server as SecureServer).setSecureContext({ cert, key })
    },
    close: () => {
      void app.close()
      server.closeAllConnections()
    },
  }
}

/** Fastify loads compilers of JSON schemas unless it is given others, and keeps them. What is asked and answered is checked by zod. */
function noSchemas(): never {
  throw new Error('the routes of the console have no JSON schemas')
}

function serverFor(handler: RequestListener, certificate: Certificate | undefined): Server {
  if (!certificate) return createServer(LIMITS, handler)
  const { cert, key } = certificate
  return createSecureServer({ ...LIMITS, cert, key, minVersion: 'TLSv1.2' }, handler)
}

function refuseWrongName(
  { headers, raw }: FastifyRequest,
  reply: FastifyReply,
  names: readonly string[],
): FastifyReply | undefined {
  // A proxy is asked with a whole URL, which may name somebody else than the header.
  const isForUs = raw.url?.startsWith('/') === true
  if (isForUs && (headers.host === undefined || isOurName(headers.host, names))) return undefined
  const hint = 'ask by an IP address, or name it under console.names in gateway.yaml'
  return reply.code(421).send({ error: 'this computer is not known by that name', hint })
}
