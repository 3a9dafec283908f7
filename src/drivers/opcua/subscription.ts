/**
 * A server's nodes as a stream of readings by subscription: every value that the server sampled, in order.
 *
 * The library may first repair a broken connection, because the session that goes on in the server has kept in its queues
 * what happened meanwhile. Until a message comes there is no reading. The link is lost when the server is gone (its port is
 * closed), has lost the subscription, or has sent nothing for 30 s, which is when communication loss is derived by default.
 * A message that is missing from the sequence ends the link as well, so that no value is skipped unnoticed.
 */
import type { ClientSubscription, NotificationMessage } from 'node-opcua-client'
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import type { LinkLost } from '../../domain/errors.ts'
import type { Reading } from '../../domain/signal.ts'
import { ReadingQueue } from '../shared/reading-queue.ts'
import { within } from '../shared/within.ts'
import { MonitoredItems } from './monitored-items.ts'
import { readServerFacts, type ServerFacts } from './nodes.ts'
import type { LinkOptions } from './polling.ts'
import { type OpcUaDevice, type OpcUaSession, SESSION_TIMEOUT_MS } from './session.ts'
import { linkLost, sessionFault } from './session-faults.ts'
import { SubscriptionWatch } from './subscription-watch.ts'

const PUBLISHING_MIN_MS = 50
const PUBLISHING_MAX_MS = 250
/** While nothing changes, the server sends a keep-alive this often. */
const KEEP_ALIVE_MS = 1_500
/** The longest for each step once the session is open. */
const SETUP_MAX_MS = 15_000

/** A link that subscribes. */
export class OpcUaSubscription implements DeviceLink {
  readonly #device: OpcUaDevice
  readonly #context: DriverContext
  readonly #session: OpcUaSession
  readonly #signal: AbortSignal
  readonly #subscription: ClientSubscription
  readonly #items: MonitoredItems
  readonly #watch: SubscriptionWatch
  readonly #queue = new ReadingQueue()
  readonly #end = () => this.#queue.end()

  private constructor(options: LinkOptions, subscription: ClientSubscription, facts: ServerFacts) {
    this.#device = options.device
    this.#context = options.context
    this.#session = options.session
    this.#signal = options.signal
    this.#subscription = subscription
    this.#items = new MonitoredItems({
      ...options,
      subscription,
      facts,
      push: (reading) => this.#queue.push(reading),
    })
    this.#watch = new SubscriptionWatch({
      ...options,
      subscription,
      keepAliveMs: KEEP_ALIVE_MS,
      fail: (fault) => this.#queue.end(fault),
    })
  }

  /** @throws Error from the library, when the server refuses the subscription or its items */
  static async open(options: LinkOptions): Promise<OpcUaSubscription> {
    const { library, session } = options.session
    const bounds = { ms: SETUP_MAX_MS, context: options.context, signal: options.signal }
    const late = () => linkLost(options.device, 'link-timeout', 'does not set up the subscription')
    const facts = await within(bounds, readServerFacts(session, library), late)
    const subscription = await within(bounds, session.createSubscription2(parameters(options.device)), late)
    const link = new OpcUaSubscription(options, subscription, facts)
    link.#listen()
    await within(bounds, link.#items.create(), late)
    return link
  }

  [Symbol.asyncIterator](): AsyncGenerator<Reading> {
    return this.#queue.readings()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue.end()
    this.#signal.removeEventListener('abort', this.#end)
    this.#watch.stop()
    this.#items.stop()
    await this.#session.close()
  }

  #listen(): void {
    this.#signal.addEventListener('abort', this.#end)
    if (this.#signal.aborted) this.#end()
    this.#subscription.on('raw_notification', (message: NotificationMessage) => this.#take(message))
    const refused = (error: Error) => this.#fail(sessionFault(this.#device, error))
    this.#subscription.on('error', refused)
    this.#subscription.on('internal_error', refused)
  }

  /** The library swallows what a listener throws, so an error ends the link here. */
  #take(message: NotificationMessage): void {
    try {
      this.#watch.received(message)
      this.#items.take(message, this.#context.now())
    } catch (error) {
      this.#fail(sessionFault(this.#device, error))
    }
  }

  #fail(fault: LinkLost): void {
    this.#queue.end(fault)
  }
}

function parameters({ pollMs }: OpcUaDevice) {
  const publishingMs = Math.min(PUBLISHING_MAX_MS, Math.max(PUBLISHING_MIN_MS, pollMs))
  return {
    publishingEnabled: true,
    requestedPublishingInterval: publishingMs,
    requestedMaxKeepAliveCount: Math.max(1, Math.round(KEEP_ALIVE_MS / publishingMs)),
    requestedLifetimeCount: Math.round(SESSION_TIMEOUT_MS / publishingMs),
    maxNotificationsPerPublish: 0,
    priority: 0,
  }
}
