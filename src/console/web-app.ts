/**
 * The server of web pages by which the console answers, with everything that it answers. It is much to load, so whoever asks first has it
 * loaded: a gateway that nobody asks does without.
 */
import type { RequestListener, Server } from 'node:http'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { Connections } from './connections.ts'
import { isAskedByOurName, WRONG_NAME } from './host-names.ts'
import { type ServedParts, serveConsole } from './serve.ts'

/** Of a request: the text of a map, a certificate, a sheet of signals. */
const BODY_BYTES_MAX = 2 * 1024 * 1024
/** Of one part of a path, such as the name of a file. */
const PARAMETER_LENGTH_MAX = 500

interface WebAppParts extends ServedParts {
  /** Names by which requests may call this computer, besides any IP address and `localhost`. */
  readonly names: readonly string[]
}

/** What answers the requests of one server. */
export async function webApp(
  server: Server,
  connections: Connections,
  { names, ...parts }: WebAppParts,
): Promise<RequestListener> {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    schemaController: {
      compilersFactory: { buildValidator: () => noSchemas, buildSerializer: () => noSchemas },
    },
    // It listens already, and whoever opened it closes it.
    serverFactory: () => server,
  })
  app.addHook('onRequest', async (request, reply) => refuseWrongName(request, reply, names))
  serveConsole(app, connections, parts)
  await app.ready()
  return (request, response) => app.routing(request, response)
}

/** Fastify loads compilers of JSON schemas unless it is given others, and keeps them. What is asked and answered is checked by zod. */
function noSchemas(): never {
  throw new Error('the routes of the console have no JSON schemas')
}

function refuseWrongName(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  names: readonly string[],
): FastifyReply | undefined {
  return isAskedByOurName(raw, names) ? undefined : reply.code(421).send(WRONG_NAME)
}
