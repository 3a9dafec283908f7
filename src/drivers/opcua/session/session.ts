/** What a device has of the session that it shares with the other devices of its server. */
import type { EventEmitter } from 'node:events'
import type {
  BrowseResult,
  ClientSession,
  ClientSubscription,
  CreateSubscriptionRequestLike,
  DataValue,
  NodeId,
  OPCUAClient,
} from 'node-opcua-client'
import type { Device } from '../../../domain/device.ts'
import type { DriverContext } from '../../../domain/driver.ts'
import { LinkLost } from '../../../domain/errors.ts'
import { within } from '../../shared/within.ts'
import type { OpcUaAddress } from '../address.ts'
import type { OpcUaLibrary } from '../library.ts'
import type { OpcUaSettings } from '../settings.ts'
import { trustedBefore } from '../trust/trusted-before.ts'
import type { LoggedIn } from './log-in.ts'
import type { RequestParts, RequestSize, RequestSizes } from './request-size.ts'
import { SERVER_STATE_NODE, serverStateFault } from './server-state.ts'
import { connectFault, linkLost, withTrustedBefore } from './session-faults.ts'
import type { SessionMember, SharedSession } from './shared-session.ts'

/** A device whose map says `driver: opcua`. */
export type OpcUaDevice = Device<OpcUaSettings, OpcUaAddress>

/** For connecting, securing and activating together: longer than the library tries, whose words say more. */
const OPEN_MAX_MS = 25_000
/** An open session has to answer within this time to take another device. */
const ANSWER_MAX_MS = 6_000
const UNSUBSCRIBE_MAX_MS = 2_500
/** For one request; longer than the library's own limit of 5 s, so that its error comes first. */
const REQUEST_MAX_MS = 8_000
/** A server that is busy with a large request gets this many chances to answer a small one. */
const ANSWER_TRIES = 2
/** A node whose value is too large for a message is not asked for again before. */
const TOO_LARGE_FOR_MS = 30_000

/** A device on its way into a session. */
interface EnterOptions {
  readonly device: OpcUaDevice
  readonly context: DriverContext
  /** Ends whatever is waited for. */
  readonly signal: AbortSignal
}

/** An activated session, as one device uses it. */
export class OpcUaSession implements SessionMember {
  readonly library: OpcUaLibrary
  readonly client: OPCUAClient
  readonly session: ClientSession
  /** How large requests to this server may be. */
  readonly sizes: RequestSizes
  readonly #device: OpcUaDevice
  readonly #shared: SharedSession
  readonly #context: DriverContext
  readonly #signal: AbortSignal
  /** Nodes whose values are too large, until when, by the monotonic clock. */
  readonly #tooLarge = new Map<string, number>()
  readonly #unlisten: (() => void)[] = []
  #subscription: ClientSubscription | undefined
  #contactMs: number | undefined
  #hasLeft = false
  #aliveListener: () => void = () => {}
  #remarks: readonly string[] = []

  private constructor(
    shared: SharedSession,
    { library, client, session, remark }: LoggedIn,
    { device, context, signal }: EnterOptions,
  ) {
    this.#signal = signal
    this.#device = device
    this.sizes = shared.sizes
    this.library = library
    this.client = client
    this.session = session
    this.#shared = shared
    this.#context = context
    if (remark !== undefined) this.remark(remark)
  }

  /**
   * Enters a session, once it is open.
   * @throws LinkLost
   */
  static async enter(shared: SharedSession, options: EnterOptions): Promise<OpcUaSession> {
    const { device, context, signal } = options
    const silent = () =>
      linkLost(device, 'link-timeout', 'does not answer', {
        hint: 'check power, cable, address and firewall',
      })
    // Who waits for the session to open keeps it. Who comes later must not keep alive what does not work any more.
    const guest: SessionMember = { contactMs: undefined, alive: () => {} }
    if (!shared.isOpen) shared.enter(guest)
    try {
      const parts = await within({ ms: OPEN_MAX_MS, context, signal }, shared.opened, silent)
      const state = await within({ ms: ANSWER_MAX_MS, context, signal }, readState(parts), silent)
      const fault = serverStateFault(device, state)
      if (fault) throw fault
      const member = new OpcUaSession(shared, parts, options)
      shared.enter(member)
      return member
    } catch (error) {
      const fault = connectFault(device, error, shared.formerSessionMs)
      throw withTrustedBefore(device, fault, trustedBefore(context.stateFolder, device.settings.url))
    } finally {
      await shared.leave(guest)
    }
  }

  /** By the monotonic clock; undefined before the first contact. */
  get contactMs(): number | undefined {
    return this.#contactMs
  }

  /** Notes what people should know of this device's link while it is well. */
  remark(words: string): void {
    this.#remarks = [...this.#remarks, words]
  }

  /** All of it; undefined where there is nothing. */
  get remarks(): string | undefined {
    return this.#remarks.length === 0 ? undefined : this.#remarks.join('; ')
  }

  /** To be called for each answer and message that proves that the server works for this device. */
  contact(): void {
    this.#contactMs = this.#context.now().monoMs
    this.#shared.contact(this)
  }

  /** Calls back whenever the server is seen to answer in this session, by this device or another one. */
  onAlive(listener: () => void): void {
    this.#aliveListener = listener
    this.listen(this.session, 'keepalive', listener)
  }

  alive(): void {
    this.#aliveListener()
  }

  /** To be called when the device's link has failed, before it is closed. */
  doubt(): void {
    this.#shared.doubt(this)
  }

  /** Listens to the session or its client until this device leaves. */
  listen(
    emitter: Pick<EventEmitter, 'on' | 'off'>,
    event: string,
    listener: (...facts: never[]) => void,
  ): void {
    const loosely = listener as (...facts: unknown[]) => void
    emitter.on(event, loosely)
    this.#unlisten.push(() => emitter.off(event, loosely))
  }

  /**
   * Makes this device's subscription, which goes with it.
   * @throws Error from the library, when the server refuses it
   */
  async subscribe(parameters: CreateSubscriptionRequestLike): Promise<ClientSubscription> {
    const subscription = await this.session.createSubscription2(parameters)
    this.#subscription = subscription
    if (this.#hasLeft) await this.unsubscribe()
    return subscription
  }

  /**
   * Reads values, or another attribute, in as many requests as the server takes; in the order of the nodes. One is missing
   * where the server left it out of its answer.
   * @throws Error from the library, when the server refuses or does not answer
   */
  async read(
    nodes: readonly (NodeId | string)[],
    attributeId = this.library.AttributeIds.Value,
  ): Promise<readonly (DataValue | undefined)[]> {
    const { DataValue: Value, StatusCodes } = this.library
    const nowMs = this.#context.now().monoMs
    const tooLarge = new Value({ statusCode: StatusCodes.BadResponseTooLarge })
    const asked = nodes.filter((node) => (this.#tooLarge.get(node.toString()) ?? 0) <= nowMs)
    const values = await this.inRequests(this.sizes.read, asked, {
      ask: async (part) => {
        const answer = await this.session.read(part.map((nodeId) => ({ nodeId, attributeId })))
        return part.map((_node, n) => answer[n])
      },
      alone: (node) => {
        this.#tooLarge.set(node.toString(), nowMs + TOO_LARGE_FOR_MS)
        return tooLarge
      },
    })
    const byNode = new Map(asked.map((node, n) => [node, values[n]]))
    return nodes.map((node) => (byNode.has(node) ? byNode.get(node) : tooLarge))
  }

  /**
   * What the nodes refer to forward by references of one kind, and of those that extend it; in the order of the nodes.
   * @throws Error from the library, when the server refuses or does not answer
   */
  browse(nodes: readonly NodeId[], referenceTypeId: string): Promise<readonly BrowseResult[]> {
    const { BrowseDirection, makeResultMask } = this.library
    const resultMask = makeResultMask('BrowseName | TypeDefinition | DisplayName | ReferenceType')
    const ask = (part: readonly NodeId[]) =>
      this.session.browse(
        part.map((nodeId) => ({
          nodeId,
          referenceTypeId,
          browseDirection: BrowseDirection.Forward,
          includeSubtypes: true,
          nodeClassMask: 0,
          resultMask,
        })),
      )
    return this.inRequests(this.sizes.browse, nodes, { ask })
  }

  /** Asks the server for all, in as many requests as it takes: see {@link RequestSize.each}. */
  inRequests<Asked, Answer>(
    size: RequestSize,
    all: readonly Asked[],
    { ask, alone }: Pick<RequestParts<Asked, Answer>, 'ask' | 'alone'>,
  ): Promise<Answer[]> {
    const late = () => linkLost(this.#device, 'link-timeout', 'gave no answer to a request')
    return size.each(all, {
      ask: (part) =>
        within({ ms: REQUEST_MAX_MS, context: this.#context, signal: this.#signal }, ask(part), late),
      answers: () => this.#answers(),
      nowMs: () => this.#context.now().monoMs,
      ...(alone && { alone }),
    })
  }

  async #answers(): Promise<boolean> {
    for (let tries = 0; tries < ANSWER_TRIES; tries++) {
      const late = () => linkLost(this.#device, 'link-timeout', 'gave no answer')
      const bounds = { ms: ANSWER_MAX_MS, context: this.#context, signal: this.#signal }
      const isAnswered = await within(bounds, readState(this), late).then(
        () => true,
        () => false,
      )
      if (isAnswered) return true
    }
    return false
  }

  /** Leaves the session, which is closed behind its last device. Takes at most 3 s, even when the link is dead. */
  async close(): Promise<void> {
    this.#hasLeft = true
    for (const unlisten of this.#unlisten) unlisten()
    // Closing the session deletes its subscriptions, so only one that others go on using has to be told.
    if (this.#shared.isSharedBeside(this)) await this.unsubscribe()
    await this.#shared.leave(this)
  }

  /** Ends this device's subscription, where it has one; the device stays in the session. Takes at most 3 s. */
  async unsubscribe(): Promise<void> {
    const subscription = this.#subscription
    if (!subscription) return
    this.#subscription = undefined
    // While the connection is broken the server cannot be told; the session remembers to do it.
    const { subscriptionId } = subscription
    const notTold = () => this.#shared.leaveSubscription(subscriptionId)
    subscription.once('internal_error', notTold)
    const late = () => new LinkLost('not unsubscribed in time')
    await within({ ms: UNSUBSCRIBE_MAX_MS, context: this.#context }, subscription.terminate(), late).catch(
      notTold,
    )
  }
}

function readState({ session, library }: Pick<LoggedIn, 'session' | 'library'>): Promise<DataValue> {
  return session.read({ nodeId: SERVER_STATE_NODE, attributeId: library.AttributeIds.Value })
}
