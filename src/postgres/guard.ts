/**
 * Stands between what a server says and the client that reads it. The client was written for servers that keep to the protocol:
 * bytes that it cannot read it answers with an exception, in a handler of the socket, where nobody catches it. Here such an
 * exception ends this one connection. Messages that no server has a reason to send end it too, before anything is made of them.
 */
import type { Client } from 'pg'
import { DestinationError } from '../domain/errors.ts'
import type { Peer } from './refusal.ts'

/** For statements as this gateway sends them, no server answers with these. */
const NEVER_ASKED_FOR = [
  'copyInResponse',
  'copyOutResponse',
  'copyData',
  'copyDone',
  'emptyQuery',
  'portalSuspended',
  'replicationStart',
]
/** What a server asks for at a login, by the number that stands in its message, where the client does not know it. */
const OTHER_LOGINS: Readonly<Record<string, string>> = {
  2: 'Kerberos',
  6: 'SCM credentials',
  7: 'GSSAPI (Kerberos)',
  8: 'GSSAPI (Kerberos)',
  9: 'SSPI (Windows)',
}
/** Until an answer has ended, all of it is in memory. No page of rows that is asked for comes near it. */
const ANSWER_BYTES_MAX = 134_217_728
const UNKNOWN_LOGIN = /authenticationOk message type (-?\d+)/
const SQLSTATE = /^[0-9A-Z]{5}$/
const USE_SCRAM = 'ask the DBA for a line with scram-sha-256 in pg_hba.conf for this role and address'

/** What messages need to know of the server. */
type Named = Pick<Peer, 'name' | 'where'>

/** To be called before the client connects: it listens first, and what it throws the client never sees. */
export function refuseOddMessages({ connection }: Client, peer: Named): void {
  const odd = (what: string) => () => {
    throw unreadable(peer, `it said ${what}, which nobody asked for`)
  }
  for (const name of NEVER_ASKED_FOR) connection.on(name, odd(name))
  connection.on(
    'errorMessage',
    ({ code, message }: { readonly code?: string; readonly message?: string }) => {
      if (!SQLSTATE.test(code ?? '')) throw unreadable(peer, message ?? 'an error without a text')
    },
  )
  demandWholeRows(connection, peer)
}

/** A row has a value for each column, and its values fill its message. */
function demandWholeRows(connection: Client['connection'], peer: Named): void {
  let columns = 0
  connection.on('rowDescription', ({ fields }: { readonly fields: readonly unknown[] }) => {
    columns = fields.length
  })
  connection.on('dataRow', ({ fields, length }: DataRow) => {
    const bytes = fields.reduce((sum, value) => sum + VALUE_HEADER_BYTES + Buffer.byteLength(value ?? ''), 0)
    if (fields.length !== columns || ROW_HEADER_BYTES + bytes !== length)
      throw unreadable(peer, 'a row whose values do not fill it')
  })
}

interface DataRow {
  /** As text; null is a value too. */
  readonly fields: readonly (string | null)[]
  /** As the message says it, without its letter. */
  readonly length: number
}

/** The length of the message, and the number of values. */
const ROW_HEADER_BYTES = 6
/** The length of the value. */
const VALUE_HEADER_BYTES = 4

/** To be called once the client has begun to connect, when it listens to its socket. */
export function guardReading({ connection, ssl }: Client, peer: Named): void {
  // With TLS it reads messages from another stream, which decrypts what comes from the socket.
  if (ssl) connection.once('sslconnect', () => catchWhileReading(connection, peer))
  else catchWhileReading(connection, peer)
}

function catchWhileReading(connection: Client['connection'], peer: Named): void {
  const { stream } = connection
  let bytesOfAnswer = 0
  connection.on('readyForQuery', () => {
    bytesOfAnswer = 0
  })
  for (const listener of stream.listeners('data')) {
    const read = listener as (bytes: Buffer) => void
    stream.off('data', read)
    stream.on('data', (bytes: Buffer) => {
      if (stream.destroyed) return
      try {
        bytesOfAnswer += bytes.length
        if (bytesOfAnswer > ANSWER_BYTES_MAX) throw unreadable(peer, 'it does not end')
        read.call(stream, bytes)
      } catch (error) {
        stream.destroy(error instanceof DestinationError ? error : unread(peer, error))
      }
    })
  }
}

function unread(peer: Named, cause: unknown): DestinationError {
  const what = cause instanceof Error ? cause.message : String(cause)
  const login = UNKNOWN_LOGIN.exec(what)?.[1]
  if (login === undefined) return unreadable(peer, what, cause)
  const how = OTHER_LOGINS[login] ?? `a way that it calls ${login}`
  const message = `${peer.name} at ${peer.where} asks for a login by ${how}, which this gateway does not know`
  return new DestinationError(`${peer.name}-login`, message, { refusal: 'wait', hint: USE_SCRAM, cause })
}

/** An answer that cannot be one. Nothing that came with it or after it is believed. */
export function unreadable({ name, where }: Named, what: string, cause?: unknown): DestinationError {
  return new DestinationError(
    `${name}-answer`,
    `${name} at ${where} gave an answer that cannot be read: ${what}`,
    {
      refusal: 'wait',
      hint: `check that ${where} is PostgreSQL, and what stands on the way there`,
      cause,
    },
  )
}

/**
 * Runs what makes use of answers. Where it stumbles over one that has another shape than any server gives, that is the server's
 * doing, and no reason for the gateway to stop.
 */
export async function readingAnswers<T>(peer: Named, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const stumbled = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError
    throw stumbled ? unreadable(peer, error.message, error) : error
  }
}
