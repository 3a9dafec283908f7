/** `/metrics`, for Prometheus and whoever else scrapes. */
import type { FastifyInstance } from 'fastify'
import type { ConsoleAccess } from './access/access.ts'
import { isFromHere } from './access/origin.ts'
import type { Connections } from './connections.ts'
import { refusalFor, sendRefusal } from './refused-watcher.ts'

/** What a scrape is answered with. */
export interface MetricsText {
  /** The media type. */
  readonly type: string
  readonly text: string
}

interface MetricsParts {
  readonly access: ConsoleAccess
  readonly connections: Connections
  /** @param accept as the header of that name says */
  readonly metrics: (accept: string | undefined) => Promise<MetricsText>
}

/** This computer may always ask; others with a token of the role view, or signed in. */
export function serveMetrics(app: FastifyInstance, { access, connections, metrics }: MetricsParts): void {
  app.get('/metrics', async (request, reply) => {
    void reply.header('cache-control', 'no-store').header('vary', 'accept')
    const refused = isFromHere(request) ? undefined : refusalFor(access, request)
    if (refused) return sendRefusal(reply, refused)
    // On a computer that is busy an answer may take longer than a connection may be silent.
    using _held = connections.hold(request.raw.socket)
    const { type, text } = await metrics(request.headers.accept)
    return reply.type(type).send(text)
  })
}
