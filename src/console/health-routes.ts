/**
 * `/status` says everything; `/health` answers 200 while nothing is wrong, and 503 else. Whoever restarts or routes by an answer asks the
 * other two: `/health/live` answers as long as the program turns, however much is wrong around it, and `/health/ready` answers 200 while
 * it does its work. All of them only show.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ConsoleAccess } from './access/access.ts'
import { isFromHere } from './access/origin.ts'
import { refusalFor, sendRefusal } from './refused-watcher.ts'
import type { StatusReport } from './report.ts'

const METHODS = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']

interface HealthParts {
  readonly access: ConsoleAccess
  readonly report: () => Promise<StatusReport>
  /** Why the gateway does not do its work; undefined while it does. */
  readonly unready: () => Promise<string | undefined>
}

/** Adds them. This computer may always ask; others learn whether it is healthy, and the rest once they are signed in. */
export function serveHealth(app: FastifyInstance, { access, report, unready }: HealthParts): void {
  app.get('/status', async (request, reply) => {
    void reply.header('cache-control', 'no-store')
    if (!isFromHere(request)) {
      const refused = refusalFor(access, request)
      if (refused) return sendRefusal(reply, refused)
    }
    return send(reply, await report())
  })
  app.get('/health', async (request, reply) => {
    const { healthy, degraded } = await report()
    void reply.code(healthy ? 200 : 503).header('cache-control', 'no-store')
    return send(reply, isFromHere(request) ? { healthy, degraded } : { healthy })
  })
  app.get('/health/live', async (_, reply) => {
    void reply.header('cache-control', 'no-store')
    return send(reply, { live: true })
  })
  app.get('/health/ready', async (request, reply) => {
    const why = await unready()
    void reply.code(why === undefined ? 200 : 503).header('cache-control', 'no-store')
    return send(reply, { ready: why === undefined, ...(why !== undefined && isFromHere(request) && { why }) })
  })
}

function send(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.type('application/json').send(`${JSON.stringify(body)}\n`)
}

/** Refuses what would change something, wherever nothing can be changed. */
export function refuseChanges(app: FastifyInstance, isChangeable: (path: string) => boolean): void {
  app.addHook('onRequest', async ({ method, url }, reply) => {
    if (!METHODS.includes(method) || isChangeable(url)) return undefined
    const error = 'there is nothing here but to read: GET and HEAD'
    return reply.code(405).header('allow', 'GET, HEAD').send({ error })
  })
}
