/** The form of feeds with `format: sparkplug`. */
import { type Clock, systemClock } from '../../../runtime/clock.ts'
import type { BookLink } from '../book/book-link.ts'
import type { FeedContext } from '../context.ts'
import type { FeedFormat } from '../format.ts'
import { levelOf } from '../topics.ts'
import { Devices } from './devices.ts'
import { nextBdSeq } from './edge-messages.ts'
import { RecentEvents } from './recent-events.ts'
import type { EdgeSettings } from './settings.ts'
import { SparkplugPublisher } from './sparkplug-publisher.ts'

interface SparkplugParts {
  readonly settings: EdgeSettings
  readonly context: FeedContext
  readonly book: Pick<BookLink, 'call'>
  readonly clock?: Pick<Clock, 'after'>
}

/** The number of the last connection, so that the next one has another, also after a restart. */
const BD_SEQ_NOTE = 'bdSeq'

export function createSparkplugFormat({
  settings,
  context,
  book,
  clock = systemClock,
}: SparkplugParts): FeedFormat {
  const devices = new Devices()
  const names = {
    group: settings.group ?? levelOf(context.plant),
    node: settings.node ?? levelOf(context.gateway),
  }
  const reserveBdSeq = async () => {
    const last = await book.call('note', BD_SEQ_NOTE)
    const next = nextBdSeq(last === undefined ? undefined : Number(last))
    await book.call('putNote', BD_SEQ_NOTE, String(next))
    return next
  }
  const { primaryHost, repeatLastMs, historyRate } = settings
  const recent = new RecentEvents(repeatLastMs)
  const parts = { names, primaryHost, context, clock, devices, recent, historyRate, nextBdSeq: reserveBdSeq }
  return { prepare: () => Promise.resolve(new SparkplugPublisher(parts)) }
}
