/** Refuses whoever watches the gateway from another computer without a token: in plain JSON, since a program reads it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ConsoleAccess } from './access/access.ts'
import { ApiRefusal } from './refusal.ts'

/** Why a call may not look; undefined where it may. */
export function refusalFor(access: ConsoleAccess, request: FastifyRequest): ApiRefusal | undefined {
  try {
    access.admit(request, 'view')
    return undefined
  } catch (error) {
    if (error instanceof ApiRefusal) return error
    throw error
  }
}

export function sendRefusal(reply: FastifyReply, { status, message, hint }: ApiRefusal): FastifyReply {
  return reply.code(status).send({ error: message, hint })
}
