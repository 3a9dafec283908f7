/**
 * Whether a server would take a login that is not encrypted. It is asked as a client would ask, up to the point at which the server
 * asks for the password: none is ever sent.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ConnectionSettings, HostPort } from './settings.ts'

/** `taken`: it goes on with the login, in the open. `refused`: it says that this is not allowed. */
export type PlainLogin = 'taken' | 'refused' | 'unknown'

const ANSWER_MAX_MS = 5_000
/** Of the protocol's start message: version 3.0. */
const PROTOCOL = 196_608
/** The first byte of the server's first message, as PostgreSQL's protocol has it. */
const AUTHENTICATION = 'R'
const ERROR = 'E'
/** `invalid_authorization_specification`: no line of pg_hba.conf takes such a login. PgBouncer says it by `08P01`. */
const NOT_ALLOWED = /C(28000|08P01)\0/

/** Asks one host. Whatever goes wrong on the way says nothing. */
export async function askPlainLogin(
  { host, port }: HostPort,
  { user, database }: Pick<ConnectionSettings, 'user' | 'database'>,
  signal: AbortSignal,
): Promise<PlainLogin> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MAX_MS)])
  const socket = connect({ host, port, signal: bounded })
  socket.on('error', () => undefined) // Seen below.
  try {
    await once(socket, 'connect', { signal: bounded })
    socket.write(startMessage({ user, database }))
    return meaningOf(await firstAnswer(socket, bounded))
  } catch {
    return 'unknown'
  } finally {
    socket.destroy()
  }
}

function startMessage(parameters: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`)
  const body = Buffer.from(`${text.join('')}\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + body.length, 0)
  head.writeInt32BE(PROTOCOL, 4)
  return Buffer.concat([head, body])
}

async function firstAnswer(socket: Socket, signal: AbortSignal): Promise<string> {
  const [bytes] = await once(socket, 'data', { signal })
  return (bytes as Buffer).toString('latin1')
}

function meaningOf(answer: string): PlainLogin {
  if (answer.startsWith(AUTHENTICATION)) return 'taken'
  return answer.startsWith(ERROR) && NOT_ALLOWED.test(answer) ? 'refused' : 'unknown'
}
