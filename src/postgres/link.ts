/** One connection to one host: how it is made, how long anything on it may take, and how it is got rid of. */
import { Socket } from 'node:net'
import { type ConnectionOptions, TLSSocket } from 'node:tls'
import { Client, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg'
import { DestinationError } from '../domain/errors.ts'
import { certificateEnd } from '../runtime/certificate-end.ts'
import type { Log } from '../runtime/log.ts'
import { readPlainText } from '../runtime/plain-file.ts'
import { answersTo, answerTo } from './answers.ts'
import { guardReading, refuseOddMessages } from './guard.ts'
import { refuseWeakLogins } from './login-guard.ts'
import { currentPassword } from './password.ts'
import { brokenBefore, linkError, type Peer } from './refusal.ts'
import type { ServerWarnings } from './server-warnings.ts'
import {
  type ConnectionSettings,
  type HostPort,
  type LinkLimits,
  TLS_BYTES_MAX,
  type TlsSettings,
} from './settings.ts'

/**
 * A link whose answer takes longer is dead. Above the limit of 20 s that a route gives the server, so that the server's own message
 * comes first; a dead link is noticed within 30 s all the same.
 */
const LIMITS: LinkLimits = { connectMs: 10_000, answerMs: 25_000 }
/** Idle time after which the operating system asks whether the other side is still there. */
const KEEPALIVE_IDLE_MS = 10_000
/** A polite goodbye may take this long; then the socket is destroyed. */
const GOODBYE_MAX_MS = 1_000

/** The code of a notice that warns of nothing. The word for how serious it is comes in the server's own language. */
const NO_WARNING = '00000'

/** An open connection. */
export interface Link extends AsyncDisposable {
  readonly peer: Peer
  /** `TLSv1.3` and the like; undefined on an open link. */
  readonly tlsProtocol: string | undefined
  /** Until when the certificate is valid that the server showed, in ms since 1970; undefined on an open link. */
  readonly certificateEndsMs: number | undefined
  /** The process that the login named. It is not the one that answers where a pooler stands between: that names one of its own. */
  readonly loginProcess: number | undefined
  /**
   * One statement with parameters. Statements are pipelined: they are sent without waiting, and answered in their order.
   * After one that failed the server refuses the rest of the transaction.
   * @throws DestinationError; the link is gone unless the server itself spoke
   */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<QueryResult<Row>>
  /** Several statements in one round trip, without parameters: what is in them must be quoted. */
  script(text: string): Promise<readonly QueryResult[]>
  /**
   * Asks whether the server still answers, behind whatever is under way. Where it does not, the link is gone, and so is what waits on it.
   * @param maxMs how long the answer may take
   * @throws DestinationError where the link is gone
   */
  prove(maxMs: number): Promise<void>
}

/** How a link is made, and to whom. */
export interface LinkSettings extends Omit<Peer, 'where' | 'tls'> {
  readonly connection: ConnectionSettings
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly warned: ServerWarnings
}

/**
 * Connects to one host, with TLS and login.
 * @throws DestinationError `wait`
 */
export async function openLink(settings: LinkSettings, host: HostPort, signal: AbortSignal): Promise<Link> {
  const { name, grants, writes } = settings
  const where = whereOf(host)
  const peer: Peer = { name, where, grants, writes, tls: settings.connection.tls }
  const socket = new Socket()
  socket.on('error', () => undefined) // The client gets the error as well, and reports it.
  const abort = () => socket.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    const client = await clientFor(settings, host, socket)
    const breakage = watchForBreakage(client, settings, peer)
    client.on('notice', ({ code, message }) => {
      if (code !== NO_WARNING) settings.warned(message ?? '', where)
    })
    refuseOddMessages(client, peer)
    refuseWeakLogins(client, peer, settings.connection)
    signal.throwIfAborted()
    const connecting = client.connect()
    guardReading(client, peer)
    await connecting
    return linkOver(client, socket, { peer, breakage })
  } catch (error) {
    socket.destroy()
    throw linkError(error, peer)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Why a link broke; asked before each statement, because the client itself would only say that it did. */
type Breakage = () => DestinationError | undefined

/** A link may break while nobody asks anything: the server is restarted, or ends a session that was idle for too long. */
function watchForBreakage(client: Client, { name, log }: LinkSettings, peer: Peer): Breakage {
  let broken: DestinationError | undefined
  client.on('error', (cause) => {
    const error = linkError(cause, peer)
    // What follows the first word of the server says only that the link is gone.
    if (broken === undefined)
      log.info({ event: 'database-link-broke', error, host: peer.where }, `the link to ${name} broke`)
    broken ??= brokenBefore(error, peer)
  })
  return () => broken
}

function whereOf({ host, port }: HostPort): string {
  return `${host}:${port}`
}

/** Built from fields, never from a URL: what a URL says of TLS would win over the settings. */
async function clientFor(
  { name, connection }: LinkSettings,
  host: HostPort,
  socket: Socket,
): Promise<Client> {
  const { database, user, tls, limits = LIMITS } = connection
  return new Client({
    ...host,
    database,
    user,
    password: () => currentPassword({ name, where: whereOf(host) }, connection),
    ssl: await tlsOptions(name, tls),
    enableChannelBinding: tls.mode !== 'off',
    application_name: 'millrace',
    stream: () => socket,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_IDLE_MS,
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.answerMs,
    // Statements are sent without waiting for the answer to the one before; the server answers them in their order.
    pipeline: true,
  })
}

async function tlsOptions(
  name: string,
  { mode, caFile, certFile, keyFile }: TlsSettings,
): Promise<ConnectionOptions | false> {
  if (mode === 'off') return false
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: mode !== 'require',
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(caFile ? { ca: await readTlsFile(caFile, name, 'ca_file') } : {}),
    ...(certFile ? { cert: await readTlsFile(certFile, name, 'cert_file') } : {}),
    ...(keyFile ? { key: await readTlsFile(keyFile, name, 'key_file') } : {}),
  }
}

async function readTlsFile(file: string, name: string, key: string): Promise<string> {
  return readPlainText(file, TLS_BYTES_MAX).catch((cause: unknown) => {
    throw new DestinationError(`${name}-tls`, `${name}.tls.${key}: ${file} cannot be read`, {
      refusal: 'wait',
      cause,
      hint: `check that the file exists and that the gateway's user may read it`,
    })
  })
}

function linkOver(
  client: Client,
  socket: Socket,
  { peer, breakage }: { readonly peer: Peer; readonly breakage: Breakage },
): Link {
  const requireWhole = () => {
    const error = breakage()
    if (error) throw error
  }
  const failed = (error: unknown): never => {
    const refusal = linkError(error, peer)
    // The answer is late, or the server is gone. An answer that still came would be taken for that of the next statement.
    if (refusal.sqlstate === null) socket.destroy()
    throw refusal
  }
  return {
    peer,
    tlsProtocol: encryptedStream(client)?.getProtocol() ?? undefined,
    certificateEndsMs: certificateEnd(client.connection.stream),
    loginProcess: (client as Client & LoggedIn).processID ?? undefined,
    query: async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) => {
      requireWhole()
      return client
        .query<Row>(text, [...values])
        .then((answer) => answerTo(text, answer, peer))
        .catch(failed)
    },
    script: async (text) => {
      requireWhole()
      return client
        .query(text)
        .then((answer: unknown) => answersTo(answer, peer))
        .catch(failed)
    },
    prove: async (maxMs) => {
      requireWhole()
      // In a transaction that has failed the server refuses the question, and has answered all the same.
      await client.query(questionWithin(maxMs)).catch((error: unknown) => {
        if (linkError(error, peer).sqlstate === null) failed(error)
      })
    },
    [Symbol.asyncDispose]: async () => {
      const impatience = setTimeout(() => socket.destroy(), GOODBYE_MAX_MS)
      await client.end().catch(() => undefined) // It is gone either way.
      clearTimeout(impatience)
      socket.destroy()
    },
  }
}

/** The client knows a limit for each statement, which its types do not mention. */
function questionWithin(maxMs: number): QueryConfig {
  return Object.assign({ text: 'SELECT 1' }, { query_timeout: maxMs })
}

/** What the client keeps of the login, and its types do not mention. */
interface LoggedIn {
  readonly processID?: number | null
}

function encryptedStream(client: Client): TLSSocket | undefined {
  const { stream } = client.connection
  return stream instanceof TLSSocket ? stream : undefined
}
