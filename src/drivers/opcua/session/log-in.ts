/** Opens a session with exactly the security that the map asks for. */
import type { ClientSession, OPCUAClient } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import { utcText } from '../../../domain/instant.ts'
import { type OpcUaLibrary, publishEngineOf } from '../library.ts'
import type { OpcUaSettings } from '../settings.ts'
import { readCertificate } from '../trust/certificate-facts.ts'
import { APPLICATION_NAME, type OwnCertificateChoice } from '../trust/certificates.ts'
import { isKnownAt, isTrustedAt, shownServer } from '../trust/known-address.ts'
import { abandon, type ClientLimits, type OpcUaClients } from './clients.ts'
import { identityOf } from './identity.ts'
import { type LeftSessions, SESSION_TIMEOUT_MS } from './left-sessions.ts'
import { reach } from './reach.ts'
import { refusalFor } from './refusals.ts'

/** One request and its answer; the library takes no less than 5 s. */
const TRANSACTION_MAX_MS = 5_000
/** A server that has been quiet for half of it is asked whether it is there. */
const KEEP_ALIVE_MS = 2_000
/**
 * A connection on which nothing comes for this long is given up. It must be longer than asking and answering take together,
 * or a connection that is merely idle is broken. Connecting may take half of it, and the answer to a greeting all of it.
 */
const IDLE_MAX_MS = 8_000
/**
 * Limits against a server that would fill the memory, and the pieces in which long messages go. The library takes memory for a
 * whole piece at each request, however short it is, and would ask for pieces of 640 KB: with 50 subscriptions 28 MB a second, for
 * which V8 looked through all its objects each other second. 64 KB is what most clients ask for.
 *
 * The library confuses the two directions in what a server acknowledges: it takes no piece that is longer than what the server
 * receives, and sends pieces as long as the server's. So both are the same; else a server that sends what it may was cut off at its
 * first long answer, each time anew.
 */
const PIECE_BYTES = 65_536
const TRANSPORT = {
  maxMessageSize: 16 * 1024 * 1024,
  maxChunkCount: 1_024,
  sendBufferSize: PIECE_BYTES,
  receiveBufferSize: PIECE_BYTES,
}
/**
 * Publish requests that wait at the server, for all subscriptions of a session together. The library would send five more for
 * each new subscription; small PLCs keep ten.
 */
const PUBLISH_REQUESTS_MAX = 10

/** An activated session, and the client that carries it. */
export interface LoggedIn {
  readonly library: OpcUaLibrary
  readonly client: OPCUAClient
  readonly session: ClientSession
  /** What people should know of it. */
  readonly remark?: string
}

export interface LoginOptions {
  readonly clients: OpcUaClients
  readonly settings: OpcUaSettings
  readonly context: DriverContext
  /** Sessions of ours that an earlier connection could not close; they are closed first. */
  readonly left: LeftSessions
  /** Aborted when nobody waits for the session any more. One that comes nevertheless is closed. */
  readonly signal: AbortSignal
}

/**
 * Shows the gateway's own certificate. Where it was renewed lately, and the server does not take the new one yet, the former one
 * is shown until it ends.
 * @throws Error from the library, or LinkLost for a user whose files cannot be read
 */
export async function logIn(options: LoginOptions): Promise<LoggedIn> {
  const { clients, settings, context, signal } = options
  try {
    return await logInAs('present', options)
  } catch (error) {
    const former = settings.security === 'None' ? undefined : clients.formerCertificate(context)
    if (!former || signal.aborted || !mayBeForCertificate(error)) throw error
    const loggedIn = await logInAs('former', options).catch(() => {
      throw error
    })
    const until = utcText(former.validToMs)
    const remark = `the server does not take the gateway's new certificate, and is shown the former one, which ends at ${until}: trust the new one there, named ${APPLICATION_NAME}; it is used from the next connect on`
    return { ...loggedIn, remark }
  }
}

/** A server that does not trust a certificate often just closes the connection. */
function mayBeForCertificate(error: unknown): boolean {
  const said = error instanceof Error ? error.message : String(error)
  return FOR_CERTIFICATE.includes(refusalFor(said, 'connecting')?.code ?? '')
}

const FOR_CERTIFICATE: readonly string[] = [
  'link-not-trusted-there',
  'link-our-certificate-time',
  'link-closed',
  'link-not-opcua',
]

async function logInAs(
  certificate: OwnCertificateChoice,
  { clients, settings, context, left, signal }: LoginOptions,
): Promise<LoggedIn> {
  const { library, client } = await clients.create(context, settings.security, clientLimits(), certificate)
  const giveUp = () => abandon(client)
  try {
    const identity = await identityOf(settings, library)
    signal.throwIfAborted()
    await reach(settings.url, context, signal)
    signal.addEventListener('abort', giveUp)
    await client.connect(settings.url).finally(() => signal.removeEventListener('abort', giveUp))
    if (settings.security !== 'None') await holdToAddress(client, settings, context)
    await left.closeOver(client)
    signal.throwIfAborted()
    const session = await client.createSession(identity)
    // From now on there is something to close in the server, whatever happens here.
    if (signal.aborted) await session.close(true).catch(() => {})
    signal.throwIfAborted()
    publishEngineOf(session).nbMaxPublishRequestsAcceptedByServer = PUBLISH_REQUESTS_MAX
    return { library, client, session }
  } catch (error) {
    giveUp()
    throw error
  }
}

/**
 * The library proves that a trusted certificate is that of whoever answers; this proves that it is trusted for this address. It
 * comes before anything that is confidential, such as a password. The channel is secured, so what the server calls itself is genuine.
 */
async function holdToAddress(
  client: OPCUAClient,
  { url, urls = [url] }: OpcUaSettings,
  { stateFolder }: DriverContext,
): Promise<void> {
  const shown = client.serverCertificate
  const chain = Array.isArray(shown) ? Buffer.concat(shown) : shown
  if (chain && isTrustedAt(stateFolder, urls, readCertificate(chain))) return
  const endpoints = await client.getEndpoints()
  const own =
    endpoints.find(({ serverCertificate }) => chain && serverCertificate?.equals(chain)) ?? endpoints[0]
  const isKnown = chain && isKnownAt(stateFolder, url, shownServer(chain, own?.server.applicationUri ?? ''))
  if (!isKnown) throw new Error('server Certificate verification failed: not trusted for this address')
}

/** Settings of each client that opens or closes a session. */
export function clientLimits(): ClientLimits {
  return {
    // Trying again is the collector's decision. But only a client that may retry repairs a broken link.
    connectionStrategy: { initialDelay: 300, maxDelay: 2_000, maxRetry: 1 },
    keepSessionAlive: true,
    keepAliveInterval: KEEP_ALIVE_MS,
    requestedSessionTimeout: SESSION_TIMEOUT_MS,
    defaultTransactionTimeout: TRANSACTION_MAX_MS,
    transportTimeout: IDLE_MAX_MS,
    transportSettings: { ...TRANSPORT },
    // A session is closed by whoever opened it; one whose connection is broken can then still be closed over another.
    keepPendingSessionsOnDisconnect: true,
  }
}
