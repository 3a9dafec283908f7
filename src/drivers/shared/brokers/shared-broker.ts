/** One connection to a broker that several devices use. */
import type { DriverContext } from '../../../domain/driver.ts'
import type { BrokerConnection, PublishOptions } from '../../../mqtt/connection.ts'
import { BrokerFault } from '../../../mqtt/fault.ts'
import type { MessageFlags, MessageListener } from '../../../mqtt/incoming.ts'
import { EarlyMessages } from './early-messages.ts'
import { TopicIndex } from './topic-index.ts'

/** A device's use of the shared connection, until it is disposed; the connection stays for the others. */
export interface BrokerLease extends AsyncDisposable {
  /** As messages name the broker. */
  readonly where: string
  /** The broker has kept the session, with what came for it meanwhile. */
  readonly isSessionKept: boolean
  /** Aborted when the connection is gone; its reason is a BrokerFault. */
  readonly lost: AbortSignal
  /**
   * Messages of these topics go to the listener from now on, what the broker has retained first. By its name, which is the same
   * after the next connect, a listener is known that has got what had waited in a session.
   * @throws BrokerFault
   */
  subscribe(filters: readonly string[], listener: MessageListener, name?: string): Promise<void>
  /**
   * Publishes a message; see {@link BrokerConnection.publish}.
   * @throws BrokerFault
   */
  publish(topic: string, payload: Buffer, options?: PublishOptions): Promise<void>
  /**
   * Resolves once the broker has read everything that was sent before.
   * @throws BrokerFault
   */
  roundTrip(): Promise<void>
}

/** A device that comes back within this time finds the connection and its subscriptions as they were. */
const KEPT_MS = 30_000

interface SharedOptions {
  /** Opens the connection, which gives each message to this listener. */
  readonly open: (onMessage: MessageListener) => Promise<BrokerConnection>
  readonly context: Pick<DriverContext, 'after' | 'log'>
  /** The broker may send what it has kept before the devices have subscribed. */
  readonly isSessionKept: boolean
}

/** Who listens to some topics. */
interface Listening {
  readonly name: string
  readonly listener: MessageListener
}

/** Opened with the first lease. It is over once the connection is lost, or nobody has had a lease for a while. */
export class SharedBroker {
  readonly #context: SharedOptions['context']
  readonly #routes = new TopicIndex<Listening>()
  readonly #early: EarlyMessages | undefined
  readonly #opening: Promise<BrokerConnection>
  /** Subscriptions that the broker has, also those that nobody wants any more. */
  readonly #subscribed = new Set<string>()
  #leases = 0
  #isOver = false
  #cancelClosing: () => void = () => {}
  #cancelTidying: (() => void) | undefined

  constructor({ open, context, isSessionKept }: SharedOptions) {
    this.#context = context
    this.#early = isSessionKept ? new EarlyMessages(context) : undefined
    this.#opening = open((topic, payload, flags) => this.#take(topic, payload, flags))
    this.#opening.then(
      ({ lost }) => lost.addEventListener('abort', () => this.#end(), { once: true }),
      () => this.#end(),
    )
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Nobody has a lease, and it is kept for who comes back soon. */
  get isUnused(): boolean {
    return this.#leases === 0
  }

  /** @throws BrokerFault where the connection could not be made */
  async enter(): Promise<BrokerLease> {
    this.#leases += 1
    this.#cancelClosing()
    try {
      return this.#leaseOf(await this.#opening)
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  /** Closes the connection, whoever uses it. */
  async close(): Promise<void> {
    this.#end()
    const connection = await this.#opening.catch(() => undefined)
    await connection?.[Symbol.asyncDispose]()
  }

  #leaseOf(connection: BrokerConnection): BrokerLease {
    const mine: (readonly [filter: string, listening: Listening])[] = []
    const { where, isSessionKept, lost } = connection
    let hasLeft = false
    return {
      where,
      isSessionKept,
      lost,
      subscribe: async (filters, listener, name = '') => {
        const listening = { name, listener }
        for (const filter of filters) {
          mine.push([filter, listening])
          this.#routes.add(filter, listening)
          this.#subscribed.add(filter)
        }
        // All at once, so that nothing newer comes between, and without waiting: who subscribes cannot take anything off yet.
        for (const { topic, payload, flags } of this.#early?.take(filters, name) ?? [])
          void listener(topic, payload, flags)
        await connection.subscribe(filters)
      },
      publish: (topic, payload, options) => connection.publish(topic, payload, options),
      roundTrip: () => connection.roundTrip(),
      [Symbol.asyncDispose]: async () => {
        if (hasLeft) return
        hasLeft = true
        for (const [filter, listening] of mine) this.#routes.delete(filter, listening)
        this.#leave()
      },
    }
  }

  #take(topic: string, payload: Buffer, flags: MessageFlags): Promise<void> | undefined {
    const meant = this.#routes.of(topic)
    if (this.#early?.isOver === false) {
      this.#early.keep({ topic, payload, flags, takenBy: new Set(meant.map(({ name }) => name)) })
    }
    const waiting: Promise<void>[] = []
    for (const { listener } of meant) {
      const taken = listener(topic, payload, flags)
      if (taken) waiting.push(taken)
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined)
  }

  /** Who comes back soon is spared a new connection, and the broker a new session. */
  #leave(): void {
    this.#leases -= 1
    if (this.#isOver) return
    if (this.#leases === 0) this.#cancelClosing = this.#context.after(KEPT_MS, () => void this.close())
    this.#cancelTidying ??= this.#context.after(KEPT_MS, () => {
      this.#cancelTidying = undefined
      if (this.#leases > 0) void this.#unsubscribe()
    })
  }

  async #unsubscribe(): Promise<void> {
    const unwanted = [...this.#subscribed].filter((filter) => !this.#routes.has(filter))
    if (unwanted.length === 0) return
    for (const filter of unwanted) this.#subscribed.delete(filter)
    const connection = await this.#opening
    await connection.unsubscribe(unwanted).catch((error: unknown) => {
      if (!(error instanceof BrokerFault)) throw error
      this.#context.log.debug({ event: 'broker-unsubscribe-failed', error }, error.message)
    })
  }

  #end(): void {
    this.#isOver = true
    this.#early?.stop()
    this.#cancelClosing()
    this.#cancelTidying?.()
  }
}
