/**
 * A server's nodes as a stream of readings by subscription: every value that the server sampled, in order.
 *
 * The library may first repair a broken connection, because the session that goes on in the server has kept in its queues
 * what happened meanwhile. Until a message comes there is no reading. The link is lost when the server is gone (its port is
 * closed), has lost the subscription, or cannot be reached for 30 s, which is when communication loss is derived by default.
 * Messages that are missing and cannot be fetched end the link as well, so that no value is skipped unnoticed.
 */
import type { ClientSubscription } from 'node-opcua-client'
import type { DeviceLink, DriverContext } from '../../../domain/driver.ts'
import type { LinkLost } from '../../../domain/errors.ts'
import type { Reading } from '../../../domain/signal.ts'
import { ReadingQueue } from '../../shared/reading-queue.ts'
import { within } from '../../shared/within.ts'
import { ServerNodes } from '../nodes.ts'
import type { LinkOptions } from '../polling.ts'
import { SESSION_TIMEOUT_MS } from '../session/left-sessions.ts'
import type { OpcUaDevice, OpcUaSession } from '../session/session.ts'
import { linkLost, sessionFault } from '../session/session-faults.ts'
import { readStructures } from '../values/structures.ts'
import { MessageOrder, type ReceivedMessage } from './message-order.ts'
import { MessageTiming } from './message-times.ts'
import { MonitoredItems } from './monitored-items.ts'
import { Publishing } from './publishing.ts'
import { SubscriptionWatch } from './subscription-watch.ts'

const PUBLISHING_MIN_MS = 50
const PUBLISHING_MAX_MS = 250
/** While nothing changes, the server sends a keep-alive this often. */
const KEEP_ALIVE_MS = 1_500
/** Where the server's keep-alives are rarer than this, its clock is subscribed as well: it changes, so it is published. */
const QUIET_WANTED_MS = 10_000
const CLOCK_SAMPLED_MS = 5_000
/** Server_ServerStatus_CurrentTime (OPC UA part 6, annex A). */
const CLOCK_NODE = 'i=2258'
/** The longest for each step once the session is open. */
const SETUP_MAX_MS = 15_000
/** And for making each item: small PLCs take 20 ms. */
const ITEM_MAX_MS = 200

interface SubscriptionParts {
  readonly publishing: Publishing
  readonly subscription: ClientSubscription
  readonly nodes: ServerNodes
}

/** A link that subscribes. */
export class OpcUaSubscription implements DeviceLink {
  readonly #device: OpcUaDevice
  readonly #context: DriverContext
  readonly #session: OpcUaSession
  readonly #signal: AbortSignal
  readonly #subscription: ClientSubscription
  readonly #items: MonitoredItems
  readonly #watch: SubscriptionWatch
  readonly #timing: MessageTiming
  readonly #stopMessages: () => void
  readonly #queue = new ReadingQueue()
  readonly #end = () => this.#queue.end()
  #quietMs: number

  private constructor(options: LinkOptions, { publishing, subscription, nodes }: SubscriptionParts) {
    this.#device = options.device
    this.#context = options.context
    this.#session = options.session
    this.#signal = options.signal
    this.#subscription = subscription
    this.#items = new MonitoredItems({
      ...options,
      subscription,
      nodes,
      push: (reading) => this.#queue.push(reading),
      fail: (fault) => this.#fail(fault),
      frozen: () => this.#failFrozen(options.frozen),
    })
    this.#quietMs = Math.max(KEEP_ALIVE_MS, subscription.publishingInterval * subscription.maxKeepAliveCount)
    this.#timing = new MessageTiming(options.context.now(), () => ({
      publishingMs: subscription.publishingInterval,
      quietMs: this.#quietMs,
      samplingMs: this.#items.samplingMs,
    }))
    const { order, stop } = MessageOrder.start({
      publishing,
      subscriptionId: subscription.subscriptionId,
      now: () => options.context.now(),
      take: (received) => this.#take(received),
      prepare: (message) => readStructures(options.session, message),
      lost: () => this.#fail(linkLost(options.device, 'link-gap', 'has lost messages of the subscription')),
      refused: () => this.#watch.alive(),
      countsKeepAlives: () => this.#noteCountedKeepAlives(),
    })
    this.#stopMessages = stop
    this.#watch = new SubscriptionWatch({
      ...options,
      subscription,
      quietMs: () => this.#quietMs,
      fail: (fault) => this.#fail(fault),
      disturbed: () => {
        order.disturbed()
        this.#timing.disturbed()
      },
    })
  }

  /** @throws Error from the library, or LinkLost, when the server refuses the subscription or its items; the session stays open */
  static async open(options: LinkOptions): Promise<OpcUaSubscription> {
    const bounds = { ms: SETUP_MAX_MS, context: options.context, signal: options.signal }
    const late = () => linkLost(options.device, 'link-timeout', 'does not set up the subscription')
    const { session, device, context } = options
    const finding = ServerNodes.find({ session, signals: device.signals, log: context.log })
    const nodes = await within(bounds, finding, late)
    // Before the library sends its first request for messages.
    const publishing = Publishing.of(options.session.session, options.context)
    const subscription = await within(bounds, options.session.subscribe(parameters(options.device)), late)
    const link = new OpcUaSubscription(options, { publishing, subscription, nodes })
    link.#listen()
    try {
      const itemsMs = SETUP_MAX_MS + ITEM_MAX_MS * options.device.signals.length
      await within({ ...bounds, ms: itemsMs }, link.#items.create(), late)
      await within(bounds, link.#hearMoreOften(), late)
      return link
    } catch (error) {
      link.#stop()
      throw error
    }
  }

  /** One keep-alive may come late. The server has said how far apart it really sends them. */
  get quietMaxMs(): number {
    return 2 * this.#quietMs
  }

  get remark(): string | undefined {
    return this.#session.remarks
  }

  [Symbol.asyncIterator](): AsyncGenerator<Reading> {
    return this.#queue.items()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
    await this.#session.close()
  }

  #stop(): void {
    this.#queue.end()
    this.#signal.removeEventListener('abort', this.#end)
    this.#stopMessages()
    this.#watch.stop()
    this.#items.stop()
  }

  #listen(): void {
    this.#signal.addEventListener('abort', this.#end)
    if (this.#signal.aborted) this.#end()
    const refused = (error: Error) => this.#fail(sessionFault(this.#device, error))
    this.#subscription.on('error', refused)
    this.#subscription.on('internal_error', refused)
  }

  /** The library swallows what a listener throws, so an error ends the link here. */
  #take(received: ReceivedMessage): void {
    try {
      this.#watch.received()
      this.#session.contact()
      this.#items.take(received, this.#timing.of(received))
    } catch (error) {
      this.#fail(sessionFault(this.#device, error))
    }
  }

  /** A server that keeps quiet for long cannot be told from one that is gone. */
  async #hearMoreOften(): Promise<void> {
    if (this.#quietMs <= QUIET_WANTED_MS) return
    const { AttributeIds, TimestampsToReturn } = this.#session.library
    const { publishingInterval } = this.#subscription
    const samplingMs = Math.max(CLOCK_SAMPLED_MS, publishingInterval / 2)
    const { monitoredItems } = await this.#subscription.monitorItems(
      [{ nodeId: CLOCK_NODE, attributeId: AttributeIds.Value }],
      { samplingInterval: samplingMs, queueSize: 1, discardOldest: true },
      TimestampsToReturn.Server,
    )
    if (monitoredItems[0]?.statusCode.isGood()) {
      this.#quietMs = Math.min(this.#quietMs, samplingMs + publishingInterval)
    }
    if (this.#quietMs <= QUIET_WANTED_MS) return
    const seconds = Math.round(this.#quietMs / 1_000)
    this.#context.log.info(
      { event: 'opcua-server-slow', device: this.#device.id },
      `${this.#device.id}: the server sends something only every ${seconds} s, as it decides itself; after: of on_comm_loss should be three times as long`,
    )
  }

  #noteCountedKeepAlives(): void {
    this.#context.log.info(
      { event: 'opcua-keep-alives-numbered', device: this.#device.id },
      `${this.#device.id}: the server numbers its keep-alives, which it should not; a message lost on the way is harder to notice`,
    )
  }

  #failFrozen(isToBePolled: () => void): void {
    isToBePolled()
    const hint = 'it is polled from now on; look into the server why, or write mode: poll'
    const what = 'keeps the subscription, and samples nothing any more'
    this.#fail(linkLost(this.#device, 'link-frozen', what, { hint }))
  }

  #fail(fault: LinkLost): void {
    if (!this.#queue.isEnded) this.#session.doubt()
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
