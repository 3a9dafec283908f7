/** Serves the endpoints: finds out who calls, checks what comes in, and says what is wrong in one form. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AuditNote } from '../audit-trail/audit-trail.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Log } from '../runtime/log.ts'
import { type Admitted, type ConsoleAccess, originOf } from './access/access.ts'
import { addressOf } from './access/origin.ts'
import { apiFault } from './api-fault.ts'
import { pathWithin } from './asked-request.ts'
import type { Connections } from './connections.ts'
import type { ApiCall, ConsoleApi, Endpoint, EventStream } from './endpoint.ts'
import { type OpenStreams, sendEvents } from './event-streams.ts'
import { sendJson } from './packed-answer.ts'
import { ApiRefusal, refusalBody } from './refusal.ts'

/** Every path of the API begins with it. */
export const API_PATH = '/api/v1'

interface ApiParts extends ConsoleApi {
  readonly access: ConsoleAccess
  readonly note: (note: AuditNote) => void
  readonly connections: Connections
  readonly log: Log
}

/** Adds every endpoint and every stream. */
export function serveApi(app: FastifyInstance, parts: ApiParts): void {
  app.register(
    async (api) => {
      api.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
      api.setErrorHandler((error, request, reply) => refuse(asRefusal(error, request, parts.log), reply))
      api.setNotFoundHandler((_, reply) => refuse(UNKNOWN_PATH, reply))
      for (const one of parts.endpoints) serveEndpoint(api, one, parts)
      const open = { count: 0 }
      for (const one of parts.streams) serveStream(api, one, { ...parts, open })
    },
    { prefix: API_PATH },
  )
}

const UNKNOWN_PATH = new ApiRefusal(404, 'api-unknown', 'there is nothing at this path of the API', {
  hint: `${API_PATH}/openapi.json names all paths`,
})

/** Who was let in, and what the audit trail is to say of it, from one step of a call to the next. */
interface Progress extends Admitted {
  what?: string
}
const PROGRESS = new WeakMap<FastifyRequest, Progress>()

function admitFirst({ access }: ApiParts, role: Endpoint['role']) {
  return async (request: FastifyRequest): Promise<void> => {
    PROGRESS.set(request, access.admit(request, role))
  }
}

function serveEndpoint(api: FastifyInstance, endpoint: Endpoint, parts: ApiParts): void {
  const { method, path, role, answer, isQuestion } = endpoint
  api.route({
    method,
    url: path,
    // Before the body is read: of whoever may not be here nothing is taken.
    onRequest: admitFirst(parts, role),
    onResponse: async (request, reply) => {
      if (method !== 'GET' && !isQuestion) parts.note(noteOf(request, reply, endpoint, parts.access))
    },
    handler: async (request, reply) => {
      const call = callOf(request, reply, endpoint) as ApiCall<never, never, never>
      const what = endpoint.audit?.(call)
      const progress = PROGRESS.get(request)
      if (progress && what !== undefined) progress.what = what
      const { socket } = request.raw
      using _held = role === 'anybody' ? parts.connections.await(socket) : parts.connections.hold(socket)
      const given = await endpoint.handle(call)
      if ('mediaType' in answer) return reply.type(answer.mediaType).send(given)
      return await sendJson(request, reply, answer.parse(given))
    },
  })
}

function noteOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { method, summary }: Endpoint,
  access: ConsoleAccess,
): AuditNote {
  const { what = summary } = PROGRESS.get(request) ?? {}
  const from = addressOf(request)
  // Also of whoever was not let in because the role is too low.
  const who = nameOf(PROGRESS.get(request) ?? access.whoIs(request))
  return { who, from, what, method, path: pathWithin(request.url), status: reply.statusCode }
}

function nameOf({ kind, caller }: Admitted): string | undefined {
  return kind === 'nobody' ? undefined : caller.name
}

function serveStream(
  api: FastifyInstance,
  stream: EventStream,
  parts: ApiParts & { readonly open: OpenStreams },
): void {
  const { access, connections, open } = parts
  api.get(stream.path, {
    // A stream has no end, and so nothing that could be said of it without sending it.
    exposeHeadRoute: false,
    onRequest: admitFirst(parts, stream.role),
    handler: async (request, reply) => {
      const call = callOf(request, reply, { ...stream, body: z.unknown() })
      return sendEvents(reply, {
        streams: open,
        connections,
        mayStay: () => access.mayStay(request, stream.role),
        begin: (send) => stream.open({ ...call, body: undefined } as ApiCall<never, never, undefined>, send),
      })
    },
  })
}

function callOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { params, query, body }: Pick<Endpoint, 'params' | 'query' | 'body'>,
): ApiCall<unknown, unknown, unknown> {
  const progress = PROGRESS.get(request)
  if (!progress) throw new Error('a call was handled before its caller was let in')
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return {
    params: checked(params, request.params, 'path'),
    query: checked(query, request.query, 'query'),
    body: checked(body, request.body ?? undefined, 'body'),
    caller: progress.caller,
    origin: originOf(request, reply, progress.kind),
    signal: gone.signal,
  }
}

/** @throws ApiRefusal that names every fault with its place */
function checked(schema: z.ZodType, value: unknown, part: string): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message }) => ({
    ...{ file: part, line: 1, column: 1 },
    path: path.map(String).join('.'),
    message,
  }))
  const [first] = faults
  const place = first?.path ? `${part}, ${first.path}` : part
  const what = `the call has something wrong in its ${place}: ${first?.message}`
  const hint = `${API_PATH}/openapi.json says what it must be`
  throw new ApiRefusal(400, 'api-call', what, { faults, hint })
}

/** What a caller gets to read of an error. One that nobody foresaw is logged with its stack and stays here. */
function asRefusal(error: unknown, request: FastifyRequest, log: Log): ApiRefusal {
  if (error instanceof ApiRefusal) return error
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string }
  if (statusCode !== undefined && statusCode < 500) {
    return new ApiRefusal(statusCode, 'api-call', `the call cannot be read: ${message}`)
  }
  if (error instanceof GatewayError) {
    const { code, message: what, hint } = error
    return new ApiRefusal(503, code, what, { hint, cause: error })
  }
  if (isGivenUp(error, request))
    return new ApiRefusal(503, 'api-gone', 'nobody waits for the answer any more')
  return apiFault(log, request, error)
}

/** A page was left while its answer was made, or the gateway stops: what was given up for that is no fault. */
function isGivenUp(error: unknown, { raw }: FastifyRequest): boolean {
  return error instanceof DOMException && error.name === 'AbortError' && raw.socket.destroyed
}

function refuse(refusal: ApiRefusal, reply: FastifyReply): FastifyReply {
  const { status, retryAfterS } = refusal
  if (retryAfterS !== undefined) void reply.header('retry-after', retryAfterS)
  return reply
    .code(status)
    .type('application/json')
    .send(`${JSON.stringify(refusalBody(refusal))}\n`)
}
