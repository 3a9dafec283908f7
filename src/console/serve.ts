/** Everything that one port of the console answers, but for what watchers ask. */
import cookies from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import type { AuditTrail } from '../audit-trail/audit-trail.ts'
import type { Log } from '../runtime/log.ts'
import type { ConsoleAccess } from './access/access.ts'
import { sessionEndpoints } from './access/session-endpoints.ts'
import { userEndpoints } from './access/user-endpoints.ts'
import { auditTrailEndpoints } from './audit-trail-endpoints.ts'
import type { Connections } from './connections.ts'
import type { ConsoleApi } from './endpoint.ts'
import { openApiEndpoint } from './openapi.ts'
import { servePages } from './pages.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { API_PATH, serveApi } from './serve-api.ts'

/** What is served, and for whom. */
export interface ServedParts {
  readonly gateway: string
  readonly timezone: string
  /** What the rest of the gateway has to say. */
  readonly api: ConsoleApi
  readonly access: ConsoleAccess
  readonly trail: AuditTrail
  /** Ms since 1970. */
  readonly nowMs: () => number
  readonly log: Log
}

/** Adds it all to a server that is about to listen. */
export function serveConsole(app: FastifyInstance, connections: Connections, parts: ServedParts): void {
  const { trail, log, access } = parts
  app.addHook('onRequest', async (_, reply) => void reply.headers(SECURITY_HEADERS))
  app.register(cookies)
  refuseChanges(app, (path) => path.startsWith(`${API_PATH}/`))
  const note = trail.note.bind(trail)
  serveApi(app, { ...wholeApi(parts), access, note, connections, log })
  servePages(app)
}

/** What the console itself has to say comes before what the rest of the gateway has. */
function wholeApi(parts: ServedParts): ConsoleApi {
  const { api, trail, gateway } = parts
  const whole: ConsoleApi = {
    endpoints: [
      ...sessionEndpoints(parts),
      ...userEndpoints(parts),
      ...auditTrailEndpoints(trail),
      openApiEndpoint(gateway, () => whole),
      ...api.endpoints,
    ],
    streams: api.streams,
  }
  return whole
}

const CHANGING = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']

/** Refuses what would change something, wherever nothing can be changed. */
function refuseChanges(app: FastifyInstance, isChangeable: (path: string) => boolean): void {
  app.addHook('onRequest', async ({ method, url }, reply) => {
    if (!CHANGING.includes(method) || isChangeable(url)) return undefined
    const error = 'there is nothing here but to read: GET and HEAD'
    return reply.code(405).header('allow', 'GET, HEAD').send({ error })
  })
}
