/**
 * The feed as an edge node of Sparkplug, on one connection: the birth of the node and of each device, then what was kept, as history,
 * and then what happens. All of it goes out with QoS 0, as Sparkplug wants it; a ping behind each batch proves that the broker has read
 * the batch.
 */
import { DestinationError } from '../../../domain/errors.ts'
import type { StoredEvent } from '../../../domain/outbox.ts'
import type { LastWill } from '../../../mqtt/broker.ts'
import type { BrokerConnection } from '../../../mqtt/connection.ts'
import { topicOf } from '../../../mqtt/sparkplug/topics.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { within } from '../../../runtime/within.ts'
import type { FeedContext } from '../context.ts'
import type { FeedPublisher, MessageRefusal } from '../format.ts'
import { type FeedMessage, publishAll } from '../publish.ts'
import { asDestinationError } from '../refusals.ts'
import type { Devices } from './devices.ts'
import { EdgeMessages, type EdgeNames } from './edge-messages.ts'
import { EdgeNode } from './edge-node.ts'
import { OneByOne } from './one-by-one.ts'
import { PrimaryHost } from './primary-host.ts'
import { asksForBirth, Rebirths } from './rebirths.ts'
import type { RecentEvents } from './recent-events.ts'

interface PublisherParts {
  readonly names: EdgeNames
  readonly primaryHost: string | undefined
  readonly context: FeedContext
  readonly clock: Pick<Clock, 'after'>
  readonly devices: Devices
  readonly recent: RecentEvents
  /** History goes out with at most so many events a second. */
  readonly historyRate: number
  /** The number of a new connection, kept in the book before it is given. */
  readonly nextBdSeq: () => Promise<number>
}

/** Events between two looks whether a birth is asked for, or the host has gone. */
const RUN = 50
/** How long a connection waits for the host to come, before `status` says that it is not there. */
const HOST_MAX_MS = 30_000
/** A goodbye waits so long for what is on its way. */
const LAST_TURN_MAX_MS = 1_000

/** The edge node on this connection, whose will is with the broker. */
interface Edge {
  readonly messages: EdgeMessages
  readonly node: EdgeNode
}

export class SparkplugPublisher implements FeedPublisher {
  readonly willAtGoodbye = true
  readonly troubles = []
  readonly #parts: PublisherParts
  readonly #turns = new OneByOne()
  readonly #rebirths = new Rebirths()
  readonly #host: PrimaryHost | undefined
  readonly #hostCame = Promise.withResolvers<void>()
  readonly #left = new AbortController()
  #connection: BrokerConnection | undefined
  #edge: Edge | undefined
  #isBorn = false
  #isDead = false
  #cancelRebirth: (() => void) | undefined

  constructor(parts: PublisherParts) {
    this.#parts = parts
    this.#host = parts.primaryHost === undefined ? undefined : new PrimaryHost(parts.primaryHost)
  }

  get left(): AbortSignal {
    return this.#left.signal
  }

  /** Asked for when the broker is reached and nothing was said yet, so that each number is that of a connection. */
  readonly will = async (): Promise<LastWill> => {
    const { names, devices, context, nextBdSeq } = this.#parts
    const messages = new EdgeMessages(names, await nextBdSeq())
    this.#edge = { messages, node: new EdgeNode({ messages, devices, context }) }
    return messages.death(context.now().wallMs)
  }

  readonly hear = (topic: string, payload: Uint8Array): void => {
    const news = this.#host?.take(topic, payload)
    if (news === 'online') this.#hostCame.resolve()
    if (news === 'offline' && this.#isBorn) this.#leave()
    if (topic !== this.#commandTopic() || !asksForBirth(payload)) return
    this.#rebirths.want()
    this.#bearInTime()
  }

  async announce(connection: BrokerConnection, signal: AbortSignal): Promise<void> {
    this.#connection = connection
    const { primaryHost: host, recent } = this.#parts
    connection.lost.addEventListener('abort', () => recent.lost(this.#nowMonoMs()), { once: true })
    const filters = [this.#commandTopic()]
    if (host !== undefined) filters.push(topicOf({ kind: 'STATE', host, version: '3.0' }))
    await connection.subscribe(filters).catch(rethrow)
    if (this.#host) await this.#untilHostCame(connection, signal)
    await this.#turns.run(async () => {
      await this.#bear()
      await this.#sayAll(recent.doubtful, 'again')
      recent.saidAgain()
    })
  }

  publish(events: readonly StoredEvent[]): Promise<readonly MessageRefusal[]> {
    return this.#turns.run(async () => {
      const refusals = await this.#sayAll(events, 'first')
      const node = this.#node()
      if (events.some((event) => !node.wasBuffered(event))) await this.#say(node.news())
      return refusals
    })
  }

  refresh(): Promise<void> {
    return this.#turns.run(async () => {
      await this.#bearIfDue()
      await this.#say(this.#node().news())
    })
  }

  async sayGoodbye(): Promise<void> {
    this.#cancelRebirth?.()
    const isDeadAlready = this.#isDead
    this.#isDead = true
    const { clock, context } = this.#parts
    await within(this.#turns.idle(), { clock, maxMs: LAST_TURN_MAX_MS }, () => undefined)
    if (!this.#connection || !this.#edge || isDeadAlready) return
    await publishAll(this.#connection, [this.#edge.messages.death(context.now().wallMs)])
  }

  async #untilHostCame({ lost }: BrokerConnection, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    const bounds = { clock, maxMs: HOST_MAX_MS, signal: AbortSignal.any([lost, signal]) }
    await within(this.#hostCame.promise, bounds, () => {
      throw lost.aborted ? asDestinationError(lost.reason) : this.#hostIsAway()
    })
  }

  #hostIsAway(): DestinationError {
    const { primaryHost } = this.#parts
    const message = `the Sparkplug host ${primaryHost} is not online at ${this.#connection?.where}`
    const hint = 'everything is kept until it is; check the host, and that primary_host is its id'
    return new DestinationError('feed-host', message, { refusal: 'wait', hint })
  }

  #leave(): void {
    this.#parts.recent.lost(this.#nowMonoMs())
    this.#left.abort(this.#hostIsAway())
  }

  /** Whoever asked for a birth until now is answered. @returns what has gone out since the birth before */
  async #bear(): Promise<readonly StoredEvent[]> {
    if (this.#host && !this.#host.isOnline) throw this.#hostIsAway()
    this.#isBorn = true
    const nowMonoMs = this.#nowMonoMs()
    this.#rebirths.born(nowMonoMs)
    const sinceBirth = this.#parts.recent.born(nowMonoMs)
    await this.#say(this.#node().births())
    return sinceBirth
  }

  /** A host asks mostly because it has missed something. */
  async #bearIfDue(): Promise<void> {
    if (this.#rebirths.dueInMs(this.#nowMonoMs()) !== 0) return
    await this.#sayAll(await this.#bear(), 'again')
  }

  /** Also while nothing else is published; one that is not due yet comes as soon as it is. */
  #bearInTime(): void {
    const dueInMs = this.#rebirths.dueInMs(this.#nowMonoMs())
    if (dueInMs === undefined || !this.#isBorn || this.#isDead) return
    this.#cancelRebirth?.()
    this.#cancelRebirth = this.#parts.clock.after(dueInMs, () => {
      // Where the connection is lost the next one begins with a birth.
      this.#turns.run(() => this.#bearIfDue()).catch(ignoreLoss)
    })
  }

  /** Returns once the broker has read all of it. */
  async #sayAll(events: readonly StoredEvent[], time: 'first' | 'again'): Promise<readonly MessageRefusal[]> {
    if (events.length === 0) return []
    const refusals: MessageRefusal[] = []
    for (let from = 0; from < events.length; from += RUN) {
      await this.#bearIfDue()
      const run = events.slice(from, from + RUN)
      refusals.push(...(await this.#sayEvents(run)))
      this.#parts.recent.sent(run, this.#nowMonoMs())
      const node = this.#node()
      await this.#rest(time === 'again' ? run : run.filter((event) => node.wasBuffered(event)))
    }
    await this.#open().roundTrip().catch(rethrow)
    return refusals
  }

  /** Behind history, so long that no broker has to drop it for a host that takes it slowly. */
  async #rest(history: readonly StoredEvent[]): Promise<void> {
    if (history.length === 0) return
    const { clock, historyRate } = this.#parts
    const rested = Promise.withResolvers<void>()
    clock.after((history.length * 1_000) / historyRate, rested.resolve)
    await rested.promise
  }

  async #sayEvents(events: readonly StoredEvent[]): Promise<readonly MessageRefusal[]> {
    const messages: FeedMessage[] = []
    const eventOf = new Map<FeedMessage, StoredEvent>()
    for (const event of events) {
      const said = this.#node().event(event)
      const last = said.at(-1)
      if (last) eventOf.set(last, event)
      messages.push(...said)
    }
    const outcomes = await this.#say(messages)
    return messages.flatMap((message, index) => {
      const error = outcomes[index]
      const event = eventOf.get(message)
      return error && event ? [{ event, error }] : []
    })
  }

  /** A message that the broker does not take leaves a gap in the numbers, which a birth closes. */
  async #say(messages: readonly FeedMessage[]): Promise<readonly (DestinationError | undefined)[]> {
    this.#left.signal.throwIfAborted()
    if (this.#isDead) throw hasLeft()
    const outcomes = await publishAll(this.#open(), messages)
    if (outcomes.some((error) => error !== undefined)) this.#rebirths.want()
    return outcomes
  }

  #commandTopic(): string {
    return topicOf({ kind: 'NCMD', ...this.#parts.names })
  }

  #nowMonoMs(): number {
    return this.#parts.context.now().monoMs
  }

  #node(): EdgeNode {
    if (!this.#edge) throw new Error('nothing can be said before a connection is made')
    return this.#edge.node
  }

  #open(): BrokerConnection {
    if (!this.#connection) throw new Error('nothing can be said before the connection is made')
    return this.#connection
  }
}

function hasLeft(): DestinationError {
  return new DestinationError('feed-left', 'the feed has said goodbye', { refusal: 'unknown' })
}

function rethrow(fault: unknown): never {
  throw asDestinationError(fault)
}

function ignoreLoss(error: unknown): void {
  if (!(error instanceof DestinationError)) throw error
}
