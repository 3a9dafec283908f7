/** Decides when a subscription is lost: the library repairs connections, and goes on trying where there is nothing to repair. */
import type { ClientSubscription, NotificationMessage } from 'node-opcua-client'
import type { DriverContext } from '../../domain/driver.ts'
import type { LinkLost } from '../../domain/errors.ts'
import type { OpcUaDevice, OpcUaSession } from './session.ts'
import { linkLost } from './session-faults.ts'

/** After this silence communication loss is derived by default, so that what a longer one loses is in that gap anyway. */
const SILENCE_MAX_MS = 30_000
/** A server that is there never misses three of its keep-alives in a row. */
const KEEP_ALIVES_MISSED_MAX = 3
const CHECK_INTERVAL_MS = 1_000
/** A refused connection fails within milliseconds; an unplugged cable gives no answer at all. */
const REFUSAL_MAX_MS = 700

interface SubscriptionWatchOptions {
  readonly device: OpcUaDevice
  readonly context: DriverContext
  readonly session: OpcUaSession
  readonly subscription: ClientSubscription
  readonly keepAliveMs: number
  readonly fail: (fault: LinkLost) => void
}

/** One for each subscription. `fail` may be called more than once; `stop` ends its timer. */
export class SubscriptionWatch {
  readonly #options: SubscriptionWatchOptions
  readonly #deadAfterMs: number
  #lastMessageMs: number
  /** When the library reported a repaired connection; undefined again once a message proves it. */
  #repairedMs: number | undefined
  #attemptMs = Number.NEGATIVE_INFINITY
  #sequence: number | undefined
  #cancelCheck: () => void

  constructor(options: SubscriptionWatchOptions) {
    this.#options = options
    const { subscription, keepAliveMs } = options
    const keepAliveRevisedMs = subscription.publishingInterval * subscription.maxKeepAliveCount
    this.#deadAfterMs = KEEP_ALIVES_MISSED_MAX * Math.max(keepAliveMs, keepAliveRevisedMs)
    this.#lastMessageMs = this.#nowMs()
    this.#cancelCheck = options.context.after(CHECK_INTERVAL_MS, () => this.#check())
    this.#listen()
  }

  stop(): void {
    this.#cancelCheck()
    this.#cancelCheck = () => {}
  }

  /** Notes a message of the server, keep-alives included, and whether the one before it is missing. */
  received({ sequenceNumber, notificationData }: NotificationMessage): void {
    this.#lastMessageMs = this.#nowMs()
    this.#repairedMs = undefined
    // A keep-alive carries the number of the next message, which then has the same one.
    const expected = this.#sequence === undefined ? sequenceNumber : next(this.#sequence)
    if (sequenceNumber > expected) this.#fail('link-gap', 'skipped messages of the subscription')
    if (notificationData && notificationData.length > 0) this.#sequence = sequenceNumber
  }

  #listen(): void {
    const { subscription, session } = this.#options
    // A new subscription means that the server's queues are lost: so the link ends, and the collector connects again.
    subscription.on('subscriptionId_changed', () => this.#fail('link-restarted', 'has lost the subscription'))
    subscription.on('terminated', () => this.#fail('link-closed', 'ended the subscription'))
    subscription.on('status_changed', () => this.#fail('link-closed', 'ended the subscription'))
    session.session.on('session_closed', () => this.#fail('link-closed', 'closed the session'))
    session.session.on('keepalive', () => this.#alive())
    session.client.on('connection_reestablished', () => (this.#repairedMs = this.#nowMs()))
    session.client.on('repairConnectionStarted', () => (this.#attemptMs = this.#nowMs()))
    session.client.on('backoff', (_count: number, delayMs: number) => this.#attemptFailed(delayMs))
    session.client.on('close', () => this.#fail('link-closed', 'closed the connection'))
  }

  /** The session answers, so the subscription has to send something as well. */
  #alive(): void {
    if (this.#nowMs() - this.#lastMessageMs > this.#deadAfterMs) this.#failSilent()
  }

  #attemptFailed(delayMs: number): void {
    const nowMs = this.#nowMs()
    const tookMs = nowMs - this.#attemptMs
    this.#attemptMs = nowMs + delayMs
    if (tookMs >= 0 && tookMs < REFUSAL_MAX_MS) {
      this.#fail('link-refused', 'refuses the connection', 'the OPC UA server was stopped, or is starting')
    }
  }

  #check(): void {
    const nowMs = this.#nowMs()
    const isDead = this.#repairedMs !== undefined && nowMs - this.#repairedMs > this.#deadAfterMs
    if (isDead || nowMs - this.#lastMessageMs > SILENCE_MAX_MS) this.#failSilent()
    else this.#cancelCheck = this.#options.context.after(CHECK_INTERVAL_MS, () => this.#check())
  }

  #failSilent(): void {
    this.#fail('link-silent', 'sends nothing any more', 'check power and cable; or use mode: poll')
  }

  #fail(code: string, what: string, hint?: string): void {
    this.#options.fail(linkLost(this.#options.device, code, what, hint === undefined ? {} : { hint }))
  }

  #nowMs(): number {
    return this.#options.context.now().monoMs
  }
}

/** Sequence numbers go from the highest 32-bit number back to 1 (OPC UA part 4, 7.25). */
function next(sequence: number): number {
  return sequence >= 0xffff_ffff ? 1 : sequence + 1
}
