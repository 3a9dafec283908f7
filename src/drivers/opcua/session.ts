/** One session with one OPC UA server, made with exactly the security that the map asks for. */
import { readFile } from 'node:fs/promises'
import type { ClientSession, OPCUAClient, UserIdentityInfo } from 'node-opcua-client'
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { within } from '../shared/within.ts'
import type { OpcUaAddress } from './address.ts'
import type { ClientLimits, OpcUaClients } from './clients.ts'
import type { OpcUaLibrary } from './library.ts'
import { linkLost, sessionFault } from './session-faults.ts'
import type { OpcUaSettings } from './settings.ts'

/** A device whose map says `driver: opcua`. */
export type OpcUaDevice = Device<OpcUaSettings, OpcUaAddress>

/** For connecting, securing and activating together. */
const OPEN_MAX_MS = 20_000
/** Closing politely frees the session in the server at once; a dead link is not waited for. */
const CLOSE_MAX_MS = 2_500
/** One request and its answer; the library takes no less than 5 s. */
const TRANSACTION_MAX_MS = 5_000
/**
 * How long the server keeps session and subscription while the link is down. A repair ends sooner, and PLCs have so few
 * sessions that none should be kept for longer.
 */
export const SESSION_TIMEOUT_MS = 60_000
/** A server that has been quiet for half of it is asked whether it is there. */
const KEEP_ALIVE_MS = 3_000
/**
 * A connection on which nothing comes for this long is given up. It must be longer than asking and answering take together,
 * or a connection that is merely idle is broken. Connecting may take half of it.
 */
const IDLE_MAX_MS = 10_000
/** Limits against a server that would fill the memory. */
const TRANSPORT = { maxMessageSize: 16 * 1024 * 1024, maxChunkCount: 1_024 }

/** An activated session, with the client that carries it. */
export class OpcUaSession {
  readonly library: OpcUaLibrary
  readonly client: OPCUAClient
  readonly session: ClientSession
  readonly #context: DriverContext

  private constructor(parts: SessionParts, context: DriverContext) {
    this.library = parts.library
    this.client = parts.client
    this.session = parts.session
    this.#context = context
  }

  /** @throws LinkLost */
  static async open(
    clients: OpcUaClients,
    device: OpcUaDevice,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<OpcUaSession> {
    const { security, mode } = device.settings
    const { library, client } = await clients.create(context, security, clientLimits(mode))
    try {
      const session = await within(
        { ms: OPEN_MAX_MS, context, signal },
        logIn(client, device.settings, library),
        () =>
          linkLost(device, 'link-timeout', 'does not answer', {
            hint: 'check power, cable, address and firewall',
          }),
      )
      return new OpcUaSession({ library, client, session }, context)
    } catch (error) {
      abandon(client)
      throw sessionFault(device, error)
    }
  }

  /** Ends session, subscriptions and connection, within 3 s even when the link is dead. */
  async close(): Promise<void> {
    const closing = this.session
      .close(true)
      .catch(() => {}) // The session may be gone already, which is what is wanted.
      .then(() => this.client.disconnect())
    await within(
      { ms: CLOSE_MAX_MS, context: this.#context },
      closing,
      () => new LinkLost('not closed in time'),
    ).catch(() => abandon(this.client))
  }
}

interface SessionParts {
  readonly library: OpcUaLibrary
  readonly client: OPCUAClient
  readonly session: ClientSession
}

function clientLimits(mode: OpcUaSettings['mode']): ClientLimits {
  return {
    // Trying again is the collector's decision. But only a client that may retry repairs a broken link,
    // and only a subscription has something to gain from that.
    connectionStrategy: { initialDelay: 300, maxDelay: 2_000, maxRetry: mode === 'subscribe' ? 1 : 0 },
    keepSessionAlive: true,
    keepAliveInterval: KEEP_ALIVE_MS,
    requestedSessionTimeout: SESSION_TIMEOUT_MS,
    defaultTransactionTimeout: TRANSACTION_MAX_MS,
    transportTimeout: IDLE_MAX_MS,
    transportSettings: { ...TRANSPORT },
  }
}

async function logIn(
  client: OPCUAClient,
  settings: OpcUaSettings,
  library: OpcUaLibrary,
): Promise<ClientSession> {
  const identity = await identityOf(settings, library)
  await client.connect(settings.url)
  return client.createSession(identity)
}

async function identityOf(
  { user, passwordFile }: OpcUaSettings,
  library: OpcUaLibrary,
): Promise<UserIdentityInfo> {
  if (user === undefined || passwordFile === undefined) return { type: library.UserTokenType.Anonymous }
  const password = await readFile(passwordFile, 'utf8').catch((cause: unknown) => {
    throw new LinkLost(`the password of ${user} cannot be read from ${passwordFile}`, {
      code: 'link-password',
      cause,
    })
  })
  return { type: library.UserTokenType.UserName, userName: user, password: password.replace(/\r?\n$/, '') }
}

/** Disconnects a client without waiting for it: with a dead link that takes 15 s. */
function abandon(client: OPCUAClient): void {
  client.disconnect().catch(() => {}) // Whether it succeeds makes no difference: this client is never used again.
}
