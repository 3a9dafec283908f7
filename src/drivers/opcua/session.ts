/** What a device has of the session that it shares with the other devices of its server. */
import type { EventEmitter } from 'node:events'
import type {
  ClientSession,
  ClientSubscription,
  CreateSubscriptionRequestLike,
  OPCUAClient,
} from 'node-opcua-client'
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { within } from '../shared/within.ts'
import type { OpcUaAddress } from './address.ts'
import type { OpcUaLibrary } from './library.ts'
import type { LoggedIn } from './log-in.ts'
import { SERVER_STATE_NODE, serverStateFault } from './server-state.ts'
import { connectFault, linkLost, withTrustedBefore } from './session-faults.ts'
import type { OpcUaSettings } from './settings.ts'
import type { SessionMember, SharedSession } from './shared-session.ts'
import { trustedBefore } from './trust/trusted-before.ts'

/** A device whose map says `driver: opcua`. */
export type OpcUaDevice = Device<OpcUaSettings, OpcUaAddress>

/** For connecting, securing and activating together. */
const OPEN_MAX_MS = 20_000
/** An open session has to answer within this time to take another device. */
const ANSWER_MAX_MS = 6_000
const UNSUBSCRIBE_MAX_MS = 2_500

/** An activated session, as one device uses it. */
export class OpcUaSession implements SessionMember {
  readonly library: OpcUaLibrary
  readonly client: OPCUAClient
  readonly session: ClientSession
  readonly #shared: SharedSession
  readonly #context: DriverContext
  readonly #unlisten: (() => void)[] = []
  #subscription: ClientSubscription | undefined
  #contactMs: number | undefined
  #hasLeft = false

  private constructor(shared: SharedSession, { library, client, session }: LoggedIn, context: DriverContext) {
    this.library = library
    this.client = client
    this.session = session
    this.#shared = shared
    this.#context = context
  }

  /**
   * Enters a session, once it is open.
   * @throws LinkLost
   */
  static async enter(
    shared: SharedSession,
    device: OpcUaDevice,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<OpcUaSession> {
    const silent = () =>
      linkLost(device, 'link-timeout', 'does not answer', {
        hint: 'check power, cable, address and firewall',
      })
    // Who waits for the session to open keeps it. Who comes later must not keep alive what does not work any more.
    const guest: SessionMember = { contactMs: undefined }
    if (!shared.isOpen) shared.enter(guest)
    try {
      const parts = await within({ ms: OPEN_MAX_MS, context, signal }, shared.opened, silent)
      const state = await within({ ms: ANSWER_MAX_MS, context, signal }, readState(parts), silent)
      const fault = serverStateFault(device, state)
      if (fault) throw fault
      const member = new OpcUaSession(shared, parts, context)
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

  /** To be called for each answer and message that proves that the server works for this device. */
  contact(): void {
    this.#contactMs = this.#context.now().monoMs
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
    if (this.#hasLeft) await this.#unsubscribe()
    return subscription
  }

  /** Leaves the session, which is closed behind its last device. Takes at most 3 s, even when the link is dead. */
  async close(): Promise<void> {
    this.#hasLeft = true
    for (const unlisten of this.#unlisten) unlisten()
    // Closing the session deletes its subscriptions, so only one that others go on using has to be told.
    if (this.#shared.isSharedBeside(this)) await this.#unsubscribe()
    await this.#shared.leave(this)
  }

  async #unsubscribe(): Promise<void> {
    const subscription = this.#subscription
    if (!subscription) return
    const late = () => new LinkLost('not unsubscribed in time')
    // The server may have dropped it already, or be gone: either way there is nothing left to be done.
    await within({ ms: UNSUBSCRIBE_MAX_MS, context: this.#context }, subscription.terminate(), late).catch(
      () => {},
    )
  }
}

/** Undefined where the server does not let us read it. */
async function readState({ session, library }: LoggedIn): Promise<unknown> {
  const { value } = await session.read({
    nodeId: SERVER_STATE_NODE,
    attributeId: library.AttributeIds.Value,
  })
  return value.value
}
