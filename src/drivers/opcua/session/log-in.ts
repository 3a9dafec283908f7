/** Opens a session with exactly the security that the map asks for. */
import type { ClientSession, OPCUAClient, UserIdentityInfo } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import { LinkLost } from '../../../domain/errors.ts'
import { readPlainText } from '../../../runtime/plain-file.ts'
import { SECRET_BYTES_MAX, withoutLineEnd } from '../../../runtime/secret.ts'
import { type OpcUaLibrary, publishEngineOf } from '../library.ts'
import type { OpcUaSettings } from '../settings.ts'
import { abandon, type ClientLimits, type OpcUaClients } from './clients.ts'
import { type LeftSessions, SESSION_TIMEOUT_MS } from './left-sessions.ts'
import { reach } from './reach.ts'

/** One request and its answer; the library takes no less than 5 s. */
const TRANSACTION_MAX_MS = 5_000
/** A server that has been quiet for half of it is asked whether it is there. */
const KEEP_ALIVE_MS = 2_000
/**
 * A connection on which nothing comes for this long is given up. It must be longer than asking and answering take together,
 * or a connection that is merely idle is broken. Connecting may take half of it, and the answer to a greeting all of it.
 */
const IDLE_MAX_MS = 8_000
/** Limits against a server that would fill the memory. */
const TRANSPORT = { maxMessageSize: 16 * 1024 * 1024, maxChunkCount: 1_024 }
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

/** @throws Error from the library, or LinkLost for a password that cannot be read */
export async function logIn({ clients, settings, context, left, signal }: LoginOptions): Promise<LoggedIn> {
  const { library, client } = await clients.create(context, settings.security, clientLimits())
  const giveUp = () => abandon(client)
  try {
    const identity = await identityOf(settings, library)
    signal.throwIfAborted()
    await reach(settings.url, context, signal)
    signal.addEventListener('abort', giveUp)
    await client.connect(settings.url).finally(() => signal.removeEventListener('abort', giveUp))
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

async function identityOf(
  { user, passwordFile }: OpcUaSettings,
  library: OpcUaLibrary,
): Promise<UserIdentityInfo> {
  if (user === undefined) return { type: library.UserTokenType.Anonymous }
  const type = library.UserTokenType.UserName
  if (passwordFile === undefined) return { type, userName: user, password: '' }
  const password = await readPlainText(passwordFile, SECRET_BYTES_MAX).catch((cause: unknown) => {
    throw new LinkLost(`the password of ${user} cannot be read from ${passwordFile}`, {
      code: 'link-password',
      cause,
    })
  })
  return { type, userName: user, password: withoutLineEnd(password) }
}
