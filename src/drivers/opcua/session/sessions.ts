/** The sessions of one gateway: opens them, and lets the devices of one server share theirs. */
import type { DriverContext } from '../../../domain/driver.ts'
import type { LinkLost } from '../../../domain/errors.ts'
import type { OpcUaSettings } from '../settings.ts'
import { OpcUaClients } from './clients.ts'
import { LeftSessions } from './left-sessions.ts'
import { type RequestSizes, unknownSizes } from './request-size.ts'
import { type OpcUaDevice, OpcUaSession } from './session.ts'
import { SharedSession } from './shared-session.ts'

const REFUSED_PAUSE_MS = 4_000
/** The codes of links that are lost because of the way to the server or of this gateway, or that were called off. */
const MAY_BE_BACK: readonly string[] = [
  'link-timeout',
  'link-refused',
  'link-closed',
  'link-unreachable',
  'link-unknown-host',
  'link-stopped',
  'link-own-files',
]

/** What is remembered of a server while the gateway runs. */
interface KnownServer {
  readonly left: LeftSessions
  readonly sizes: RequestSizes
  session: SharedSession | undefined
}

/** A gateway may keep its connections for years, and its certificate ends meanwhile. */
const CERTIFICATE_LOOKED_AT_MS = 12 * 3_600_000

/** Disposing it closes all sessions. */
export class OpcUaSessions implements AsyncDisposable {
  readonly #clients = new OpcUaClients()
  /** By server, security and user. */
  readonly #servers = new Map<string, KnownServer>()
  /** When a device that was refused may ask its server again, by the monotonic clock. */
  readonly #askAgainMs = new Map<string, number>()
  #cancelLooking: (() => void) | undefined
  #isOver = false

  /**
   * Puts a device into its server's session, which is opened where no other device has done so.
   * @throws LinkLost
   */
  async enter(device: OpcUaDevice, context: DriverContext, signal: AbortSignal): Promise<OpcUaSession> {
    const waitMs = (this.#askAgainMs.get(askedKey(device)) ?? 0) - context.now().monoMs
    if (waitMs > 0) await context.sleep(waitMs, signal)
    const server = this.#serverOf(device.settings, context)
    // A small server can open a session again only once the former one is closed.
    await server.session?.closed()
    const session = this.#sessionOf(server, device.settings, context)
    return OpcUaSession.enter(session, { device, context, signal })
  }

  /**
   * To be called when a link could not be made. A server that is not there may be back at any moment; one that has answered
   * with a refusal is asked again later: each try costs it a session, and some lock a user out who tries too often.
   */
  refused(device: OpcUaDevice, { code }: LinkLost, context: DriverContext): void {
    if (!MAY_BE_BACK.includes(code))
      this.#askAgainMs.set(askedKey(device), context.now().monoMs + REFUSED_PAUSE_MS)
  }

  /** Closes what is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#cancelLooking?.()
    await Promise.all([...this.#servers.values()].map(({ session }) => session?.close()))
  }

  #serverOf(settings: OpcUaSettings, context: DriverContext): KnownServer {
    const key = sharedKey(settings, context)
    const known = this.#servers.get(key)
    if (known) return known
    warnOfReadablePassword(settings, context)
    if (!this.#cancelLooking) this.#lookAtCertificate(context)
    const server = { left: new LeftSessions(context), sizes: unknownSizes(), session: undefined }
    this.#servers.set(key, server)
    return server
  }

  #lookAtCertificate(context: DriverContext): void {
    if (this.#isOver) return
    this.#cancelLooking = context.after(CERTIFICATE_LOOKED_AT_MS, () => {
      this.#clients
        .keepCertificate(context)
        .catch((error: unknown) =>
          context.log.warn(
            { event: 'opcua-certificate-unseen', error },
            'the own OPC UA certificate was not looked at',
          ),
        )
        .finally(() => this.#lookAtCertificate(context))
    })
  }

  #sessionOf(server: KnownServer, settings: OpcUaSettings, context: DriverContext): SharedSession {
    if (!server.session || server.session.isOver) {
      const options = { clients: this.#clients, settings, context, left: server.left }
      server.session = new SharedSession(options, server.sizes)
    }
    return server.session
  }
}

function askedKey({ id, settings }: OpcUaDevice): string {
  return JSON.stringify([id, settings.url])
}

/** Once for each server and user: at the first connection. */
function warnOfReadablePassword({ url, security, user }: OpcUaSettings, { log }: DriverContext): void {
  if (user === undefined || security !== 'None') return
  log.warn(
    { event: 'opcua-password-readable', url, user },
    `the password of ${user} may go to ${url} readable for everybody on the network, because of security: None; ` +
      `see what the server offers instead with: millrace trust ${url}`,
  )
}

/** Devices share a session if all of this is the same. Some servers have a path in their URL, and know its capital letters. */
function sharedKey(
  { url, security, user, passwordFile, userCertificate }: OpcUaSettings,
  { stateFolder }: DriverContext,
): string {
  const [, host = '', path = ''] = /^opc\.tcp:\/\/([^/]+)(.*)$/.exec(url) ?? []
  return JSON.stringify([
    stateFolder,
    host.toLowerCase(),
    path.replace(/\/$/, ''),
    security,
    user,
    passwordFile,
    userCertificate,
  ])
}
