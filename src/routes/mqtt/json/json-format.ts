/** The feed in JSON: events as they come, and what everything shows now, retained by the broker. */
import type { DestinationError } from '../../../domain/errors.ts'
import type { Scan } from '../../../domain/events/scan.ts'
import type { Trouble } from '../../../domain/health.ts'
import type { Instant } from '../../../domain/instant.ts'
import type { StoredEvent } from '../../../domain/outbox.ts'
import { machineOwner, type Owner } from '../../../domain/owner.ts'
import type { LastWill } from '../../../mqtt/broker.ts'
import type { BrokerConnection } from '../../../mqtt/connection.ts'
import type { BookLink } from '../book/book-link.ts'
import { CarefulPublisher } from '../careful-publisher.ts'
import type { FeedContext } from '../context.ts'
import type { FeedFormat, FeedPublisher, MessageRefusal } from '../format.ts'
import { type FeedMessage, publishAll } from '../publish.ts'
import type { FeedSettings } from '../settings.ts'
import { Topics, treeOf } from '../topics.ts'
import {
  availabilityMessage,
  eventMessage,
  type GatewayPresence,
  type MessageContext,
  nothingRetained,
  standingMessage,
  standingOf,
  standingTopic,
  willOf,
} from './messages.ts'

/** Topics on which something is retained: what is not said any more is taken away, also after a restart. */
const RETAINED_NOTE = 'retained topics'

interface JsonParts {
  readonly settings: Pick<FeedSettings, 'topic' | 'retain'>
  readonly context: FeedContext
  readonly book: Pick<BookLink, 'call'>
}

/** The form for feeds with `format: json`. */
export function createJsonFormat(parts: JsonParts): FeedFormat {
  const publisher = new CarefulPublisher(parts.context.now)
  return { prepare: () => Promise.resolve(new JsonPublisher(parts, publisher)) }
}

/** What the feed says beside its events, such as what each machine shows. */
const FEED_TROUBLES = {
  /** The broker takes none of it, mostly because the user may not write these topics. */
  standing: 'feed-standing',
} as const

/** Whose standing an event may have changed: a scan is about a station, and perhaps about the machine that is worked at there. */
function machinesOf({ event }: StoredEvent): readonly Owner[] {
  const { machine } = event as Partial<Scan>
  return typeof machine === 'string' ? [machineOwner(machine)] : [event.subject]
}

class JsonPublisher implements FeedPublisher {
  readonly will: LastWill
  readonly #parts: JsonParts
  readonly #publisher: CarefulPublisher
  readonly #messageContext: MessageContext
  /** What was captured before it is history. */
  #connectedAt: Pick<Instant, 'wallMs' | 'monoMs'> = { wallMs: Number.POSITIVE_INFINITY, monoMs: 0 }
  /** What was said last of each topic. */
  readonly #said = new Map<string, string>()
  /** Messages beside the events that the broker refused, by their topics. */
  readonly #refused = new Map<string, DestinationError>()
  #connection: BrokerConnection | undefined

  constructor(parts: JsonParts, publisher: CarefulPublisher) {
    const { settings, context } = parts
    this.#parts = parts
    this.#publisher = publisher
    this.#messageContext = { ...context, topics: new Topics(treeOf(settings.topic, context)) }
    this.will = willOf(this.#messageContext, context.now().wallMs)
  }

  get troubles(): readonly Trouble[] {
    const [first] = this.#refused.values()
    if (!first) return []
    const { message, hint } = first
    const what = `consumers do not learn what everything shows now: ${message}`
    return [{ code: FEED_TROUBLES.standing, what, ...(hint !== undefined && { hint }), sinceMs: null }]
  }

  /** The gateway counts as online only once what everything shows is said. */
  async announce(connection: BrokerConnection): Promise<void> {
    this.#connection = connection
    this.#connectedAt = this.#parts.context.now()
    await this.#sayNews()
    await this.#forgetGone()
    await this.#sayAvailability('online', this.#connectedAt.wallMs)
  }

  async publish(events: readonly StoredEvent[]): Promise<readonly MessageRefusal[]> {
    const liveFromMs = this.#liveFromMs()
    const messages = events.flatMap((event) => {
      const message = eventMessage(this.#messageContext, event, liveFromMs)
      return message ? [{ event, message }] : []
    })
    const refusals = await this.#publisher.publish(this.#open(), messages)
    // A backlog changes nothing of what shows now, which was said when the connection began.
    const live = events.filter(({ capturedAtMs }) => capturedAtMs >= liveFromMs)
    if (live.length > 0) await this.#sayNews(new Set(live.flatMap(machinesOf)))
    return refusals
  }

  /** When the connection began; of a clock that was set back since, as that clock says it. */
  #liveFromMs(): number {
    const { wallMs, monoMs } = this.#parts.context.now()
    return Math.min(this.#connectedAt.wallMs, wallMs - (monoMs - this.#connectedAt.monoMs))
  }

  async refresh(): Promise<void> {
    // What was refused is tried again here, and not with each batch.
    for (const topic of this.#refused.keys()) this.#said.delete(topic)
    await this.#sayNews()
    await this.#forgetGone()
  }

  async sayGoodbye(): Promise<void> {
    await this.#sayAvailability('offline', this.#parts.context.now().wallMs)
  }

  /** What shows now where that is not what was said last: of all machines, or of some. */
  async #sayNews(of?: ReadonlySet<Owner>): Promise<void> {
    const { context, settings } = this.#parts
    const at = { atMs: context.now().wallMs, retain: settings.retain }
    const news: FeedMessage[] = []
    for (const machine of context.standings(of)) {
      const topic = standingTopic(this.#messageContext, machine.machine)
      const standing = standingOf(machine, context.gateway)
      const text = JSON.stringify(standing)
      if (this.#said.get(topic) === text) continue
      this.#said.set(topic, text)
      news.push(standingMessage(topic, standing, at))
    }
    if (news.length > 0) await this.#sayBeside(news)
  }

  /** Takes away what the broker retains of machines that are not here any more, or stand somewhere else now. */
  async #forgetGone(): Promise<void> {
    const { book, context, settings } = this.#parts
    const before = JSON.parse((await book.call('note', RETAINED_NOTE)) ?? '[]') as readonly string[]
    const shown = context.standings().map(({ machine }) => standingTopic(this.#messageContext, machine))
    const now = settings.retain ? shown : []
    const gone = before.filter((topic) => !now.includes(topic))
    for (const topic of gone) this.#said.delete(topic)
    if (gone.length > 0) await this.#sayBeside(gone.map(nothingRetained))
    if (gone.length > 0 || now.length > before.length)
      await book.call('putNote', RETAINED_NOTE, JSON.stringify(now))
  }

  #sayAvailability(state: GatewayPresence, sinceMs: number): Promise<void> {
    return this.#sayBeside([availabilityMessage(this.#messageContext, state, sinceMs)])
  }

  /** What the broker refuses of this holds no event up. */
  async #sayBeside(messages: readonly FeedMessage[]): Promise<void> {
    const refusals = await publishAll(this.#open(), messages)
    for (const [index, { topic }] of messages.entries()) {
      const refusal = refusals[index]
      if (refusal) this.#refused.set(topic, refusal)
      else this.#refused.delete(topic)
    }
  }

  #open(): BrokerConnection {
    if (!this.#connection) throw new Error('nothing can be said before the connection is made')
    return this.#connection
  }
}
