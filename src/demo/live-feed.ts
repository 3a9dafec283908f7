/** The live feed of the demo: a broker on this computer, the gateway's route to it, and a reader who sees all that comes. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openBroker } from '../mqtt/broker.ts'
import { brokerKeys, brokerOf } from '../mqtt/settings.ts'
import { createLog } from '../runtime/log.ts'

/** A message as `mosquitto_sub -v` shows it. */
interface FeedMessage {
  readonly topic: string
  readonly payload: string
}

/** What has come over the feed. Disposing it ends the reading, and the broker. */
export interface LiveFeed extends AsyncDisposable {
  readonly url: string
  /** How many events have come. */
  readonly events: number
  /** The last few messages, the newest last. */
  newest(max: number): readonly FeedMessage[]
  /** What has come since this was asked last, as far as it is kept. */
  take(): readonly FeedMessage[]
}

/** The broker that the simulators bring. */
export interface DemoBroker extends AsyncDisposable {
  readonly port: number
}

/** More is not kept: it is only shown. */
const KEPT_MAX = 200
const HOST = '127.0.0.1'
/** Between the place of a machine and the kind of an event. */
const EVENT_LEVEL = '/event/'

/** Reads everything that is published at a broker, which it then owns. */
export async function followFeed(broker: DemoBroker, signal: AbortSignal): Promise<LiveFeed> {
  const url = urlOf(broker)
  const written = { url: brokerKeys.url.parse(url), keepalive: brokerKeys.keepalive.parse('15s') }
  const messages: FeedMessage[] = []
  let events = 0
  let taken = 0
  const connection = await openBroker(brokerOf(written), {
    log: createLog('silent'),
    signal,
    onMessage: (topic, payload) => {
      messages.push({ topic, payload: payload.toString() })
      if (topic.includes(EVENT_LEVEL)) events += 1
      if (messages.length <= KEPT_MAX) return
      messages.shift()
      taken = Math.max(0, taken - 1)
    },
  })
  await connection.subscribe(['#'])
  return {
    url,
    get events() {
      return events
    },
    newest: (max) => messages.slice(-max),
    take: () => {
      const since = messages.slice(taken)
      taken = messages.length
      return since
    },
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]()
      await broker[Symbol.asyncDispose]()
    },
  }
}

/** The route file of a gateway that feeds a broker. */
export async function writeFeedRoute(folder: string, broker: DemoBroker): Promise<void> {
  await mkdir(join(folder, 'routes'), { recursive: true })
  const text = `route: live-feed\nmust: deliver\nmqtt: {url: "${urlOf(broker)}"}\n`
  await writeFile(join(folder, 'routes', 'live-feed.yaml'), text)
}

function urlOf({ port }: DemoBroker): string {
  return `mqtt://${HOST}:${port}`
}
