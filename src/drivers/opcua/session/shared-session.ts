/**
 * One session with one OPC UA server, for all devices of that server with the same security and user: small PLCs have only
 * two to ten sessions. Each device makes its own subscription in it, so that one that fails or is replaced disturbs no other.
 * The session is opened for the first device and closed behind the last one, also when its connection is broken by then.
 */
import type { ClientSession, ClientSessionRawSubscriptionService } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import { LinkLost } from '../../../domain/errors.ts'
import { within } from '../../shared/within.ts'
import { abandon, disconnect } from './clients.ts'
import { clientLimits, type LoggedIn, type LoginOptions, logIn } from './log-in.ts'
import { reach } from './reach.ts'
import type { RequestSizes } from './request-size.ts'

/** For closing politely, which frees the session in the server at once. */
const CLOSE_MAX_MS = 2_500
/** A device had contact within this time: so the session works, whatever happens to another device. */
const CONTACT_RECENT_MS = 30_000

/** A device's part in the session. */
export interface SessionMember {
  /** By the monotonic clock; undefined before the first contact. */
  readonly contactMs: number | undefined
  /** Another device had contact at this moment of the monotonic clock, so the server answers in this session. */
  alive(atMs: number): void
}

/** A session that is being opened, open, or over. Once it is over it is never used again. */
export class SharedSession {
  /** Rejects with what the library or the server said. */
  readonly opened: Promise<LoggedIn>
  readonly sizes: RequestSizes
  readonly #options: Omit<LoginOptions, 'signal'>
  readonly #opening = new AbortController()
  readonly #members = new Set<SessionMember>()
  /** Subscriptions of devices that left while the connection was broken: the server still has them. */
  #leftSubscriptions: readonly number[] = []
  #isOpen = false
  #isConnected = true
  #isRetired = false
  #isClosedByServer = false
  #closing: Promise<void> | undefined

  constructor(options: Omit<LoginOptions, 'signal'>, sizes: RequestSizes) {
    this.#options = options
    this.sizes = sizes
    this.opened = this.#open()
    // Each device that waits for it sees the error; without devices nobody does.
    this.opened.catch(() => {})
  }

  /** Whether it is open. A device that comes later has to find out first whether it still works. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** It takes no more devices: it is closed, or does not work any more. */
  get isOver(): boolean {
    return this.#isRetired || this.#closing !== undefined
  }

  /** For how much longer a session of before may be open in the server; 0 for none. */
  get formerSessionMs(): number {
    return this.#options.left.mayBeOpenMs
  }

  enter(member: SessionMember): void {
    this.#members.add(member)
  }

  /** The last one to leave closes the session. Resolves within 3 s. */
  async leave(member: SessionMember): Promise<void> {
    if (this.#members.delete(member) && this.#members.size === 0) await this.close()
  }

  /** A device has failed. Where no other one has had contact lately, the session may be to blame: it takes no more devices. */
  doubt(member: SessionMember): void {
    const sinceMs = this.#context.now().monoMs - CONTACT_RECENT_MS
    const others = [...this.#members].filter((other) => other !== member)
    if (!others.some(({ contactMs }) => contactMs !== undefined && contactMs > sinceMs))
      this.#isRetired = true
  }

  /** A device had contact at this moment of the monotonic clock: the others hear of it. */
  contact(member: SessionMember, atMs: number): void {
    for (const other of this.#members) if (other !== member) other.alive(atMs)
  }

  /** A subscription that its device could not delete. It is deleted once the connection is repaired. */
  leaveSubscription(subscriptionId: number): void {
    this.#leftSubscriptions = [...new Set([...this.#leftSubscriptions, subscriptionId])]
  }

  /** Whether others still use it. */
  isSharedBeside(member: SessionMember): boolean {
    return [...this.#members].some((other) => other !== member)
  }

  /** Resolves within 3 s, when the session can be opened again. */
  async close(): Promise<void> {
    this.#opening.abort()
    this.#closing ??= this.opened.then(
      (parts) => this.#close(parts),
      () => {}, // It was never open.
    )
    await this.closed()
  }

  /** Resolves when a session whose last device has left is closed, within 3 s. At once for any other. */
  async closed(): Promise<void> {
    if (!this.#closing) return
    const late = () => new LinkLost('not closed in time')
    await within({ ms: CLOSE_MAX_MS, context: this.#context }, this.#closing, late).catch(() => {})
  }

  get #context(): DriverContext {
    return this.#options.context
  }

  async #open(): Promise<LoggedIn> {
    const parts = await logIn({ ...this.#options, signal: this.#opening.signal }).catch((error: unknown) => {
      this.#isRetired = true
      throw error
    })
    const { client, session } = parts
    this.#isOpen = true
    // Each device listens as well, and there may be more of them than the library finds normal.
    client.setMaxListeners(0)
    session.setMaxListeners(0)
    client.on('connection_lost', () => (this.#isConnected = false))
    client.on('connection_reestablished', () => {
      this.#isConnected = true
      this.#deleteLeftSubscriptions(session)
    })
    client.on('close', () => (this.#isRetired = true))
    session.on('session_closed', () => {
      this.#isRetired = true
      this.#isClosedByServer = true
    })
    return parts
  }

  #deleteLeftSubscriptions(session: ClientSession): void {
    const subscriptionIds = [...this.#leftSubscriptions]
    if (subscriptionIds.length === 0) return
    this.#leftSubscriptions = []
    // The library has this service of the session, and declares it beside.
    const services = session as unknown as ClientSessionRawSubscriptionService
    services.deleteSubscriptions({ subscriptionIds }, (error) => {
      // The connection is broken again.
      if (error) for (const id of subscriptionIds) this.leaveSubscription(id)
    })
  }

  /** Goes on behind {@link CLOSE_MAX_MS} where the server is slow: it ends with the library's own limit. */
  async #close({ client, session }: LoggedIn): Promise<void> {
    const mayBeDead = !this.#isConnected || this.#isRetired
    if (!mayBeDead) {
      await session.close(true).catch(() => {}) // The server may have closed it already, which is what is wanted.
      await disconnect(client)
      return
    }
    if (!this.#isClosedByServer) this.#options.left.add(session)
    abandon(client)
    if (!this.#isClosedByServer) await this.#closeLeft()
  }

  /** At once, over a connection for this purpose. Where that fails, the next login does it. */
  async #closeLeft(): Promise<void> {
    const { clients, settings, context, left } = this.#options
    try {
      await reach(settings.url, context)
      const { client } = await clients.create(context, settings.security, {
        ...clientLimits(),
        connectionStrategy: { maxRetry: 0 },
      })
      try {
        await client.connect(settings.url)
        await left.closeOver(client)
      } finally {
        abandon(client)
      }
    } catch {
      // The server cannot be reached: nothing can be closed in it now.
    }
  }
}
