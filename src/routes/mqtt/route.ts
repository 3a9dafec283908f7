/**
 * The live feed: what is stored goes on to a broker, for whoever listens there. It takes every event that leaves the gateway, and
 * keeps a book of how far it has come, since a broker cannot.
 *
 * It does not reconnect: the uploader does.
 */
import { join } from 'node:path'
import type { Destination, DestinationSession, Route } from '../../domain/destination.ts'
import { DestinationError } from '../../domain/errors.ts'
import { OUTWARD_KINDS, storedKinds } from '../../domain/events/outward.ts'
import type { Consumer } from '../../domain/outbox.ts'
import { openBroker } from '../../mqtt/broker.ts'
import type { BrokerConnection } from '../../mqtt/connection.ts'
import { ROUTES_FOLDER } from '../route-kind.ts'
import { BookLink } from './book/book-link.ts'
import { REPLACED_NOTE } from './book/messages.ts'
import type { FeedContext } from './context.ts'
import type { FeedFormat, FeedPublisher } from './format.ts'
import { createJsonFormat } from './json/json-format.ts'
import { asDestinationError } from './refusals.ts'
import { createFeedSession } from './session.ts'
import type { FeedSettings } from './settings.ts'
import { createSparkplugFormat } from './sparkplug/sparkplug-format.ts'

/** The route, with its cursor's name and its delivery class. */
export function createFeedRoute(settings: FeedSettings, consumer: Consumer, context: FeedContext): Route {
  const kinds = storedKinds(OUTWARD_KINDS.map(({ kind }) => kind))
  return {
    name: consumer.name,
    must: consumer.must,
    takes: (kind) => kinds.has(kind),
    destination: createFeedDestination(settings, consumer, context),
    batch: settings.batch,
  }
}

function createFeedDestination(
  settings: FeedSettings,
  consumer: Consumer,
  context: FeedContext,
): Destination {
  const book = bookOf(consumer, context)
  const format = createFormat(settings, context, book)
  const landed = new Set<string>()
  return {
    connect: async (signal) => {
      await context.mapsInForce
      try {
        await reportReplaced(book, consumer, context)
        const publisher = await format.prepare()
        const connection = await opened(settings, { name: consumer.name, publisher, context, signal })
        return await sessionOn(connection, { publisher, book, landed, context, signal })
      } catch (error) {
        // Its thread ends with the attempt: a broker may be away for weeks.
        await book[Symbol.asyncDispose]()
        throw error
      }
    },
  }
}

/** A book that was damaged is reported once: with it went what was in quarantine, and how far the feed had come. */
async function reportReplaced(book: BookLink, { name }: Consumer, { log }: FeedContext): Promise<void> {
  const damaged = await book.call('note', REPLACED_NOTE)
  if (!damaged) return
  const message = `${name}: the book of this feed was damaged, and is begun anew: what the log still keeps is published once more`
  log.warn({ event: 'feed-book-replaced', code: 'feed-book', damaged }, message)
  await book.call('putNote', REPLACED_NOTE, '')
}

/**
 * What commands are given, which may run beside the gateway: position, quarantine and incidents, without the broker. A second
 * connection would throw the gateway's own out.
 */
export function visitFeed(consumer: Consumer, context: Pick<FeedContext, 'dataFolder' | 'now'>): Destination {
  const book = bookOf(consumer, context)
  const publisher = { publish: onlyTheGateway, refresh: () => Promise.resolve(), troubles: [] }
  const close = () => book[Symbol.asyncDispose]()
  const { signal: broken } = new AbortController()
  const ends = { broken, close, certificateEndsMs: undefined }
  return {
    connect: () =>
      Promise.resolve(createFeedSession({ book, publisher, landed: new Set(), ...ends, now: context.now })),
  }
}

function onlyTheGateway(): Promise<never> {
  const hint = 'it tries what is in quarantine every 20 s, and what lands leaves it'
  const message = 'only the running gateway publishes on a feed'
  return Promise.reject(new DestinationError('feed-visit', message, { refusal: 'wait', hint }))
}

function bookOf({ name }: Consumer, { dataFolder }: Pick<FeedContext, 'dataFolder'>): BookLink {
  return new BookLink({ file: join(dataFolder, ROUTES_FOLDER, `${name}.db`) })
}

function createFormat(settings: FeedSettings, context: FeedContext, book: BookLink): FeedFormat {
  if (settings.format === 'sparkplug') {
    return createSparkplugFormat({ settings: settings.sparkplug, context, book })
  }
  return createJsonFormat({ settings, context, book })
}

interface Opening {
  readonly name: string
  readonly publisher: FeedPublisher
  readonly context: FeedContext
  readonly signal: AbortSignal
}

/** @throws DestinationError */
async function opened(
  { broker }: FeedSettings,
  { name, publisher, context, signal }: Opening,
): Promise<BrokerConnection> {
  const { will, willAtGoodbye, hear } = publisher
  try {
    return await openBroker(broker, {
      // The same each time: a broker ends what is left of the last connection, and a second gateway of this name is noticed.
      clientId: `millrace-${context.gateway}-${name}`,
      will,
      ...(willAtGoodbye !== undefined && { willAtGoodbye }),
      ...(hear && { onMessage: hear }),
      log: context.log,
      signal,
    })
  } catch (fault) {
    throw asDestinationError(fault)
  }
}

interface SessionNeeds {
  readonly publisher: FeedPublisher
  readonly book: BookLink
  readonly landed: Set<string>
  readonly context: FeedContext
  readonly signal: AbortSignal
}

async function sessionOn(
  connection: BrokerConnection,
  { publisher, book, landed, context, signal }: SessionNeeds,
): Promise<DestinationSession> {
  const broken = new AbortController()
  const { lost } = connection
  for (const end of [lost, ...(publisher.left ? [publisher.left] : [])]) {
    const breakUp = () => broken.abort(asDestinationError(end.reason))
    if (end.aborted) breakUp()
    else end.addEventListener('abort', breakUp, { once: true })
  }
  const close = async () => {
    // Where the connection is lost the broker has published the will.
    if (!lost.aborted) await publisher.sayGoodbye().catch(ignoreLoss)
    await connection[Symbol.asyncDispose]()
    await book[Symbol.asyncDispose]()
  }
  try {
    await publisher.announce(connection, signal)
    const { certificateEndsMs } = connection
    const ends = { broken: broken.signal, close, certificateEndsMs }
    return createFeedSession({ book, publisher, landed, ...ends, now: context.now })
  } catch (error) {
    await close()
    throw error
  }
}

/** A goodbye that does not arrive is what a will is for. */
function ignoreLoss(error: unknown): void {
  if (!(error instanceof DestinationError)) throw error
}
