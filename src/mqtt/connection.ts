/** One connection to a broker, from its login to its end. */
import type { Socket } from 'node:net'
import type { IClientPublishOptions, IConnackPacket, IPublishPacket, MqttClient } from 'mqtt'
import { certificateEnd } from '../runtime/certificate-end.ts'
import type { Clock } from '../runtime/clock.ts'
import { within } from '../runtime/within.ts'
import type { BrokerLog } from './broker-log.ts'
import {
  type BrokerPeer,
  closed,
  errorFault,
  publishFault,
  silent,
  stopped,
  subscribeFault,
} from './connection-faults.ts'
import type { BrokerFault } from './fault.ts'
import { InFlight } from './in-flight.ts'
import type { MessageListener } from './incoming.ts'
import { CONNECT_MAX_MS } from './reach.ts'
import { disconnected, publishRefused } from './reason-codes.ts'
import { refusedBefore } from './refused-before.ts'
import { type BrokerSettings, brokerName, type MqttVersion } from './settings.ts'

/** How a message is published. */
export interface PublishOptions {
  /** 1 if not given: the broker acknowledges it. */
  readonly qos?: 0 | 1
  /** The broker gives it to everybody who subscribes later. False if not given. */
  readonly retain?: boolean
  /** MQTT 5: such as `application/json`. */
  readonly contentType?: string
}

/** An open connection to a broker. Disposing it says goodbye, so that the last will is not published. */
export interface BrokerConnection extends AsyncDisposable {
  /** As messages name the broker. */
  readonly where: string
  /** Until when the certificate is valid that the broker showed, ms since 1970; undefined without TLS. */
  readonly certificateEndsMs: number | undefined
  /** The broker has kept the session of this client id, with its subscriptions. */
  readonly isSessionKept: boolean
  /** Aborted when the connection is gone, also by disposing it; its reason is a BrokerFault. */
  readonly lost: AbortSignal
  /**
   * Publishes a message. With QoS 1 it resolves once the broker has it for good, with QoS 0 once it is on its way. The order of
   * the calls is the order in which messages go out; as many as the broker takes go before the first is acknowledged.
   * @throws BrokerFault: refused (kind `publish`), or the connection was lost and nobody knows whether it arrived
   */
  publish(topic: string, payload: Buffer | string, options?: PublishOptions): Promise<void>
  /**
   * Subscribes with QoS 1.
   * @throws BrokerFault where one of them is refused
   */
  subscribe(filters: readonly string[]): Promise<void>
  /**
   * Nothing more comes for these.
   * @throws BrokerFault
   */
  unsubscribe(filters: readonly string[]): Promise<void>
  /**
   * Resolves once the broker has read everything that was sent before.
   * @throws BrokerFault
   */
  roundTrip(): Promise<void>
}

interface OpenedWith {
  readonly settings: BrokerSettings
  readonly version: MqttVersion
  readonly clientId: string
  readonly socket: Socket
  readonly clock: Pick<Clock, 'after'>
  /** MQTT 5: the broker publishes the will also at our goodbye. */
  readonly willAtGoodbye: boolean
  readonly onMessage?: MessageListener
  readonly log: BrokerLog
}

/** A broker that acknowledges nothing for so long is gone, or as good as; a slow one is not. */
const ANSWER_MAX_MS = 20_000
/** A polite goodbye may take this long; then the socket is destroyed. */
const GOODBYE_MAX_MS = 2_000
const IN_FLIGHT_MAX = 100
/** Some brokers take no more in one packet: AWS IoT takes 8. */
const FILTERS_PER_PACKET = 8
/** The reason code of a goodbye after which the broker publishes the will all the same. */
const DISCONNECT_WITH_WILL = 4

export class OpenConnection implements BrokerConnection {
  readonly where: string
  readonly certificateEndsMs: number | undefined
  readonly #client: MqttClient
  readonly #opened: OpenedWith
  readonly #lost = new AbortController()
  readonly #waiting = new Set<(fault: BrokerFault) => void>()
  readonly #pings: PromiseWithResolvers<void>[] = []
  #inFlight = new InFlight(IN_FLIGHT_MAX)
  #connack: IConnackPacket | undefined
  /** What the broker said last, before it closed the connection. */
  #farewell: BrokerFault | undefined
  #isClosing = false

  /** Its client has just been made: nothing was said yet. */
  constructor(client: MqttClient, opened: OpenedWith) {
    this.#client = client
    this.#opened = opened
    this.where = brokerName(opened.settings)
    this.certificateEndsMs = certificateEnd(opened.socket)
    client.on('error', (error) => this.#end(errorFault(this.#peer, error)))
    client.on('close', () => this.#end(this.#farewell ?? closed(this.#peer)))
    client.on('disconnect', ({ reasonCode = 0, properties }) => {
      this.#farewell = disconnected({ ...this.#peer, code: reasonCode, said: properties?.reasonString })
    })
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.#pings.push(Promise.withResolvers())
    })
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') this.#pings.shift()?.resolve()
    })
    client.handleMessage = (packet, done) => this.#take(packet, done)
  }

  /** As faults name it. */
  get #peer(): BrokerPeer {
    const { settings, clientId, version } = this.#opened
    const { keepaliveS } = settings
    return {
      where: this.where,
      version,
      keepaliveS,
      clientId,
      isLoggedIn: this.#connack !== undefined,
      hasUser: settings.user !== undefined,
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  get isSessionKept(): boolean {
    return this.#connack?.sessionPresent ?? false
  }

  /**
   * Waits for the broker's answer to the login.
   * @throws BrokerFault
   */
  async login(signal: AbortSignal): Promise<void> {
    const answer = Promise.withResolvers<IConnackPacket>()
    this.#waiting.add(answer.reject)
    this.#client.once('connect', answer.resolve)
    const { clock } = this.#opened
    try {
      this.#connack = await within(answer.promise, { clock, signal, maxMs: CONNECT_MAX_MS }, (why) => {
        throw why === 'aborted' ? stopped() : silent(this.#peer, 'the login', CONNECT_MAX_MS)
      })
    } catch (error) {
      this.#end(error as BrokerFault)
      throw error
    } finally {
      this.#waiting.delete(answer.reject)
    }
    const { receiveMaximum = IN_FLIGHT_MAX } = this.#connack.properties ?? {}
    this.#inFlight = new InFlight(Math.min(IN_FLIGHT_MAX, receiveMaximum))
  }

  async publish(topic: string, payload: Buffer | string, options: PublishOptions = {}): Promise<void> {
    const { qos = 1, retain = false } = options
    const refused = refusedBefore(this.#connack?.properties ?? {}, topic, { payload, qos, retain })
    if (refused !== undefined) throw publishRefused({ ...this.#peer, code: refused }, topic)
    await this.#inFlight.enter()
    try {
      await this.#answered<void>(`a message of ${topic}`, (settle) => {
        const sent = { qos, retain, ...this.#propertiesOf(options) }
        this.#client.publish(topic, payload as Buffer, sent, (error, packet) => {
          if (!error) settle.resolve()
          else settle.reject(publishFault(this.#peer, topic, error, packet))
        })
      })
    } finally {
      this.#inFlight.leave()
    }
  }

  async subscribe(filters: readonly string[]): Promise<void> {
    const groups = Array.from({ length: Math.ceil(filters.length / FILTERS_PER_PACKET) }, (_, index) =>
      filters.slice(index * FILTERS_PER_PACKET, (index + 1) * FILTERS_PER_PACKET),
    )
    await Promise.all(groups.map((group) => this.#subscribe(group)))
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    await this.#answered<void>(`the end of the subscription of ${filters.join(', ')}`, (settle) => {
      this.#client.unsubscribe([...filters], (error) => {
        if (error) settle.reject(errorFault(this.#peer, error))
        else settle.resolve()
      })
    })
  }

  async roundTrip(): Promise<void> {
    await this.#answered<void>('a ping', (settle) => {
      this.#client.sendPing()
      this.#pings.at(-1)?.promise.then(settle.resolve)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lost.signal.aborted) return
    this.#isClosing = true
    this.#farewell = stopped()
    // Unacknowledged messages hold the goodbye up for ever where the broker is silent.
    const { clock, version, willAtGoodbye } = this.#opened
    const goodbye = version === '5' && willAtGoodbye ? { reasonCode: DISCONNECT_WITH_WILL } : {}
    const ended = this.#client.endAsync(false, goodbye)
    await within(ended, { clock, maxMs: GOODBYE_MAX_MS }, () => undefined).catch(() => {})
    this.#end(stopped())
  }

  #subscribe(filters: readonly string[]): Promise<void> {
    return this.#answered<void>(`the subscription of ${filters.join(', ')}`, (settle) => {
      this.#client.subscribe([...filters], { qos: 1 }, (error, _subscriptions, packet) => {
        const refusal = subscribeFault(this.#peer, filters, packet)
        if (refusal) settle.reject(refusal)
        else if (error) settle.reject(errorFault(this.#peer, error))
        else settle.resolve()
      })
    })
  }

  /** What `send` asks of the broker, unless it falls silent, or the connection is lost first. */
  async #answered<T>(what: string, send: (settle: PromiseWithResolvers<T>) => void): Promise<T> {
    this.#requireOpen()
    const answer = Promise.withResolvers<T>()
    const relax = this.#endWhereSilent(what)
    this.#waiting.add(answer.reject)
    try {
      send(answer)
      return await answer.promise
    } finally {
      relax()
      this.#waiting.delete(answer.reject)
    }
  }

  /** @returns how the wait is called off */
  #endWhereSilent(what: string): () => void {
    const before = this.#inFlight.answered
    let callOff = this.#opened.clock.after(ANSWER_MAX_MS, () => {
      if (this.#inFlight.answered === before) this.#end(silent(this.#peer, what, ANSWER_MAX_MS))
      else callOff = this.#endWhereSilent(what)
    })
    return () => callOff()
  }

  #requireOpen(): void {
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason
    if (this.#isClosing) throw stopped()
  }

  #propertiesOf({ contentType }: PublishOptions): Pick<IClientPublishOptions, 'properties'> {
    return this.#opened.version === '5' && contentType !== undefined ? { properties: { contentType } } : {}
  }

  #take(packet: IPublishPacket, done: () => void): void {
    const { topic, payload, retain, qos, dup } = packet
    const passOver = (error: unknown) => {
      const what = 'a message could not be taken, and is passed over'
      this.#opened.log.warn({ event: 'broker-message-passed-over', broker: this.where, topic, error }, what)
      done()
    }
    try {
      const taken = this.#opened.onMessage?.(topic, payload as Buffer, { retain, qos, dup })
      if (taken) void taken.then(() => done(), passOver)
      else done()
    } catch (error) {
      // A fault of ours. Thrown out of here it would end the program, and that of a retained message at every start.
      passOver(error)
    }
  }

  /** Only the first end counts. Whoever waits for something gets its fault. */
  #end(fault: BrokerFault): void {
    if (this.#lost.signal.aborted) return
    this.#opened.log.debug({ event: 'broker-link-ended', broker: this.where, error: fault }, fault.message)
    this.#lost.abort(fault)
    this.#inFlight.close(fault)
    for (const reject of this.#waiting) reject(fault)
    this.#client.end(true)
    this.#opened.socket.destroy()
  }
}
