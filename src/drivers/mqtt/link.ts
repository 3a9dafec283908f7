/** A device that publishes to a broker, from the first message until it is gone: its link to the gateway. */
import type { Device } from '../../domain/device.ts'
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Reading } from '../../domain/signal.ts'
import type { MessageFlags } from '../../mqtt/incoming.ts'
import { brokerLinkLost, lossOf } from '../shared/brokers/broker-pool.ts'
import type { BrokerLease } from '../shared/brokers/shared-broker.ts'
import { ReadingBatch } from '../shared/reading-batch.ts'
import type { MqttAddress } from './address.ts'
import { HeardAvailability } from './availability.ts'
import { type HeardBefore, MessageIntake } from './intake.ts'
import { HeardMessage } from './message.ts'
import { type MqttSettings, silentMaxMs } from './settings.ts'

export type MqttDevice = Device<MqttSettings, MqttAddress>

interface LinkParts {
  readonly device: MqttDevice
  readonly context: DriverContext
  readonly lease: BrokerLease
  readonly before: HeardBefore
}

/** While the availability topics vouch for it, a device that says nothing is in contact this often. */
const CONTACT_MS = 5_000
/** The first reading waits so long for messages that have not come yet: those of other topics mostly follow at once. */
const FIRST_WAIT_MS = 3_000
/** What is retained comes right after the subscription. An availability topic that says nothing then is not retained. */
const AVAILABILITY_WAIT_MS = 10_000
const TOPICS_SHOWN = 3

/** It counts as up once its publisher has shown that it is there: by a message, or by its availability topic. */
export class MqttLink implements DeviceLink {
  readonly #device: MqttDevice
  readonly #context: DriverContext
  readonly #lease: BrokerLease
  readonly #availability: HeardAvailability
  readonly #intake: MessageIntake
  readonly #batch: ReadingBatch
  readonly #began: Instant
  readonly #before: HeardBefore
  /** The last message that its publisher has just sent. */
  #heardAt: Instant | undefined
  #provenAt: Instant | undefined
  #hasRead = false
  #isOpen = false
  #cancelWatch: () => void = () => {}
  #forgetSignal: () => void = () => {}

  private constructor({ device, context, lease, before }: LinkParts) {
    this.#before = before
    this.#device = device
    this.#context = context
    this.#batch = new ReadingBatch(context)
    this.#lease = lease
    this.#began = context.now()
    this.#availability = new HeardAvailability(device.settings.availability)
    const isSessionKept = lease.isSessionKept && device.settings.session === 'persistent'
    const began = (isSessionKept && before.at) || this.#began
    this.#intake = new MessageIntake(device.signals, began, { isSessionKept, newest: before.newest })
    lease.lost.addEventListener('abort', this.#lose, { once: true })
    if (lease.lost.aborted) this.#lose()
  }

  /** @throws LinkLost, or BrokerFault where a topic is refused */
  static async open(parts: LinkParts, signal: AbortSignal): Promise<MqttLink> {
    const link = new MqttLink(parts)
    const { filters } = link.#availability
    try {
      if (filters.length > 0) await link.#hear(filters, 'availability')
      link.#requireNotOffline()
      await link.#hear(link.#intake.filters, 'signals')
      link.#requireNotOffline()
    } catch (error) {
      await link[Symbol.asyncDispose]()
      throw error
    }
    link.#isOpen = true
    link.#endWith(signal)
    link.#watch()
    return link
  }

  /** A signal outlives many links. */
  #endWith(signal: AbortSignal): void {
    const end = () => this.#batch.end()
    signal.addEventListener('abort', end)
    this.#forgetSignal = () => signal.removeEventListener('abort', end)
    if (signal.aborted) end()
  }

  get quietMaxMs(): number {
    const { staleAfterMs } = this.#device.settings
    return this.#isOnline ? (staleAfterMs ?? 2 * CONTACT_MS) : silentMaxMs(this.#device.settings)
  }

  get remark(): string | undefined {
    return this.#provenAt ? this.#intake.remark : this.#waitingText()
  }

  [Symbol.asyncIterator](): AsyncGenerator<Reading> {
    return this.#batch.readings()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#batch.end()
    this.#cancelWatch()
    this.#forgetSignal()
    this.#lease.lost.removeEventListener('abort', this.#lose)
    await this.#lease[Symbol.asyncDispose]()
  }

  get #isOnline(): boolean {
    return this.#availability.presence.kind === 'online'
  }

  #hear(filters: readonly string[], what: 'availability' | 'signals'): Promise<void> {
    return this.#lease.subscribe(
      filters,
      (topic, payload, flags) => {
        const taken = this.#take(topic, payload, flags)
        // Before it is open nobody takes readings off, and the broker's answer stands behind the messages.
        return this.#isOpen ? taken : undefined
      },
      `${this.#device.id} ${what}`,
    )
  }

  #take(topic: string, payload: Buffer, flags: MessageFlags): Promise<void> | undefined {
    if (this.#batch.isEnded) return undefined
    const now = this.#context.now()
    const message = new HeardMessage(payload)
    if (this.#availability.take(topic, message)) {
      const { presence } = this.#availability
      if (presence.kind === 'offline') this.#fail('link-offline', presence.cause)
      else if (presence.kind === 'online') this.#nowOnline(now)
    }
    const isLive = !flags.retain
    const arrival = { now, isLive, isOnline: this.#isOnline, isRepeated: flags.dup }
    if (!this.#intake.take(topic, message, arrival)) return undefined
    if (isLive) {
      this.#heardAt = now
      this.#before.at = now
      this.#prove(now)
    }
    return this.#deliver(now)
  }

  #nowOnline(now: Instant): void {
    this.#intake.online()
    this.#prove(now)
  }

  #prove(now: Instant): void {
    if (this.#provenAt) return
    this.#provenAt = now
    this.#watch()
  }

  /** The first reading has a sample of every signal. What has not come by then is said to be missing. */
  #deliver(now: Instant): Promise<void> | undefined {
    if (!this.#provenAt) return undefined
    const isLate = now.monoMs - this.#provenAt.monoMs >= FIRST_WAIT_MS
    if (!this.#hasRead && !isLate && !this.#intake.isWhole) return undefined
    this.#hasRead = true
    return this.#batch.add(this.#intake.samples(now), now, this.#intake.complete(now))
  }

  /** Looks after the link whenever something may be due, and says when that is the next time. */
  #watch(): void {
    this.#cancelWatch()
    if (this.#batch.isEnded) return
    const dueMs = this.#look(this.#context.now())
    if (dueMs !== undefined) this.#cancelWatch = this.#context.after(Math.max(1, dueMs), () => this.#watch())
  }

  #look(now: Instant): number | undefined {
    const quietMs = now.monoMs - (this.#heardAt ?? this.#began).monoMs
    const silenceMaxMs = this.#silenceMaxMs()
    if (quietMs >= silenceMaxMs) return this.#fail('link-silent', this.#silenceText(silenceMaxMs))
    if (this.#provenAt && !this.#hasRead) {
      void this.#deliver(now)
      if (!this.#hasRead) return FIRST_WAIT_MS - (now.monoMs - this.#provenAt.monoMs)
    } else if (this.#isOnline) void this.#deliver(now)
    return Math.min(CONTACT_MS, silenceMaxMs - quietMs)
  }

  #silenceMaxMs(): number {
    const { settings } = this.#device
    if (this.#isOnline) return settings.staleAfterMs ?? Number.POSITIVE_INFINITY
    const isUnsaid = settings.availability.length > 0 && !this.#heardAt
    return isUnsaid ? AVAILABILITY_WAIT_MS : silentMaxMs(settings)
  }

  #silenceText(ms: number): string {
    const { unsaid } = this.#availability
    if (unsaid.length > 0 && !this.#heardAt) {
      return `nobody says whether its publisher is there: ${unsaid.join(', ')} has no retained message`
    }
    const { filters } = this.#intake
    const more = filters.length > TOPICS_SHOWN ? ` and ${filters.length - TOPICS_SHOWN} more` : ''
    const topics = `${filters.slice(0, TOPICS_SHOWN).join(', ')}${more}`
    const known = this.#intake.hasRetained ? ' but what the broker has retained' : ''
    return `nothing has come on ${topics} for ${ms / 1_000} s${known}`
  }

  /** The broker is there, and the device has not shown yet that it is. */
  #waitingText(): string {
    const topics = [...this.#availability.filters, ...this.#intake.filters].join(', ')
    return `${this.#lease.where} answers; waits for a message of ${topics}`
  }

  #requireNotOffline(): void {
    const { presence } = this.#availability
    if (presence.kind === 'offline') throw this.#lost('link-offline', presence.cause)
  }

  #fail(code: string, what: string): undefined {
    this.#batch.end(this.#lost(code, what))
  }

  #lost(code: string, what: string): LinkLost {
    const hint =
      code === 'link-silent'
        ? `check topic letter by letter with: millrace browse ${this.#lease.where}; a publisher that is silent for longer wants a longer stale_after`
        : 'check its power and its network; if it publishes all the same, its word for online is not retained, or the last will of an earlier connection came after it'
    return new LinkLost(`${this.#device.id}: ${what} (${this.#lease.where})`, { code, hint })
  }

  readonly #lose = (): void => {
    const fault = brokerLinkLost(this.#lease.lost.reason)
    this.#batch.end(fault instanceof LinkLost ? lossOf(this.#device, fault) : (fault as Error))
  }
}
