/** Large answers go over the wire compressed: a day of timelines is a tenth of its size then, which a slow link shows. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Below this it is not worth the work, in characters. */
const PACK_FROM = 4_096
/** The quickest; it runs on a thread of Node's pool. */
const LEVEL = 1

const pack = promisify(gzip)

/** Sends JSON, compressed where whoever asks can take that. */
export async function sendJson(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  value: unknown,
): Promise<FastifyReply> {
  const text = `${JSON.stringify(value)}\n`
  void reply.type('application/json').header('vary', 'accept-encoding')
  const takesGzip = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  if (!takesGzip || text.length < PACK_FROM) return reply.send(text)
  return reply.header('content-encoding', 'gzip').send(await pack(text, { level: LEVEL }))
}
