/** Decides when a subscription is lost: the library repairs connections, and goes on trying where there is nothing to repair. */
import type { ClientSubscription } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import type { LinkLost } from '../../../domain/errors.ts'
import type { OpcUaDevice, OpcUaSession } from '../session/session.ts'
import { linkLost } from '../session/session-faults.ts'

/** After this time without a connection communication loss is derived by default, so a longer repair saves nothing. */
const REPAIR_MAX_MS = 30_000
/** Where another server shows the same, it is asked as soon as that is faster. */
const REPAIR_WITH_ANOTHER_MAX_MS = 4_000
/** A server that is there never misses three of its messages in a row. */
const MISSED_MAX = 3
const CHECK_INTERVAL_MS = 1_000
/** A refused connection fails within milliseconds; an unplugged cable gives no answer at all. */
const REFUSAL_MAX_MS = 700

interface SubscriptionWatchOptions {
  readonly device: OpcUaDevice
  readonly context: DriverContext
  readonly session: OpcUaSession
  readonly subscription: ClientSubscription
  /** Within this time something has to come, be it a keep-alive. The server revises it. */
  readonly quietMs: () => number
  readonly fail: (fault: LinkLost) => void
  /** The connection broke, and is being repaired. */
  readonly disturbed: () => void
}

/** One for each subscription. `fail` may be called more than once; `stop` ends its timer. */
export class SubscriptionWatch {
  readonly #options: SubscriptionWatchOptions
  #lastMessageMs: number
  /** Since when there is no connection; undefined while there is one. */
  #brokenMs: number | undefined
  /** Since when the session is seen to work although this subscription sends nothing. */
  #suspectMs: number | undefined
  /** When the library reported a repaired connection; undefined again once a message proves it. */
  #repairedMs: number | undefined
  #attemptMs = Number.NEGATIVE_INFINITY
  /** How long this process stood still, all in all: messages may have come then, and wait to be read. */
  #stalledMs = 0
  #checkedMs: number
  #cancelCheck: () => void

  constructor(options: SubscriptionWatchOptions) {
    this.#options = options
    this.#lastMessageMs = this.#nowMs()
    this.#checkedMs = this.#nowMs()
    this.#cancelCheck = options.context.after(CHECK_INTERVAL_MS, () => this.#check())
    this.#listen()
  }

  stop(): void {
    this.#cancelCheck()
    this.#cancelCheck = () => {}
  }

  /** Notes a message of this subscription, be it a keep-alive. Nothing else proves that the subscription is there. */
  received(): void {
    this.#lastMessageMs = this.#nowMs()
    this.#brokenMs = undefined
    this.#suspectMs = undefined
    this.#repairedMs = undefined
  }

  #listen(): void {
    const { subscription, session } = this.#options
    // A new subscription means that the server's queues are lost: so the link ends, and the collector connects again.
    subscription.on('subscriptionId_changed', () => this.#fail('link-restarted', 'has lost the subscription'))
    subscription.on('terminated', () => this.#fail('link-closed', 'ended the subscription'))
    subscription.on('status_changed', () => this.#fail('link-closed', 'ended the subscription'))
    const { session: opened, client } = session
    session.listen(opened, 'session_closed', () => this.#fail('link-closed', 'closed the session'))
    session.onAlive((atMs) => this.alive(atMs))
    session.listen(client, 'connection_lost', () => this.#broken())
    session.listen(client, 'connection_reestablished', () => this.#repaired())
    session.listen(client, 'repairConnectionStarted', () => (this.#attemptMs = this.#nowMs()))
    session.listen(client, 'backoff', (_count: number, delayMs: number) => this.#attemptFailed(delayMs))
    session.listen(client, 'close', () => this.#fail('link-closed', 'closed the connection'))
  }

  /**
   * The server answers, so the subscription has to send something as well. Not at once: after a silence what has come is read one
   * message after the other. `atMs` is by the monotonic clock.
   */
  alive(atMs: number): void {
    if (this.#brokenMs !== undefined) return
    const ownMs = atMs - this.#stalledMs
    if (this.#quietForMs(ownMs) > this.#missedMs()) this.#suspectMs ??= ownMs
  }

  #broken(): void {
    this.#brokenMs ??= this.#nowMs()
    this.#suspectMs = undefined
    this.#repairedMs = undefined
    this.#options.disturbed()
  }

  #repaired(): void {
    this.#brokenMs = undefined
    this.#repairedMs = this.#nowMs()
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
    this.#stalledMs += Math.max(0, this.#nowMs() - this.#checkedMs - CHECK_INTERVAL_MS)
    this.#checkedMs = this.#nowMs()
    if (this.#isGone()) this.#failSilent()
    else this.#cancelCheck = this.#options.context.after(CHECK_INTERVAL_MS, () => this.#check())
  }

  /** A connection that was repaired has to show soon that it is; one that is silent may be about to be repaired. */
  #isGone(): boolean {
    if (this.#brokenMs !== undefined) return this.#nowMs() - this.#brokenMs > this.#repairMaxMs
    if (this.#suspectMs !== undefined) return this.#nowMs() - this.#suspectMs > this.#options.quietMs()
    const quietMaxMs = this.#repairedMs === undefined ? this.#repairMaxMs : 0
    return this.#quietForMs(this.#nowMs()) > Math.max(quietMaxMs, this.#missedMs())
  }

  get #repairMaxMs(): number {
    return this.#options.device.settings.urls ? REPAIR_WITH_ANOTHER_MAX_MS : REPAIR_MAX_MS
  }

  #quietForMs(nowMs: number): number {
    return nowMs - Math.max(this.#lastMessageMs, this.#repairedMs ?? 0)
  }

  #missedMs(): number {
    return MISSED_MAX * this.#options.quietMs()
  }

  #failSilent(): void {
    this.#fail('link-silent', 'sends nothing any more', 'check power and cable; or use mode: poll')
  }

  #fail(code: string, what: string, hint?: string): void {
    this.#options.fail(linkLost(this.#options.device, code, what, hint === undefined ? {} : { hint }))
  }

  /** Does not go on while this process stands still. */
  #nowMs(): number {
    return this.#options.context.now().monoMs - this.#stalledMs
  }
}
