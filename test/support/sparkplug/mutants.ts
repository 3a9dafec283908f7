/** Feeds that break a rule of Sparkplug each: the judge must catch every one of them. */
import { MqttClient } from 'mqtt'
import type { LastWill } from '../../../src/mqtt/broker.ts'
import { OpenConnection, type PublishOptions } from '../../../src/mqtt/connection.ts'
import {
  fromBytes,
  toBytes,
  type WireMetric,
  type WirePayload,
  wholeOf,
} from '../../../src/mqtt/sparkplug/wire.ts'
import { BookLink } from '../../../src/routes/mqtt/book/book-link.ts'
import { EdgeMessages } from '../../../src/routes/mqtt/sparkplug/edge-messages.ts'
import { PrimaryHost } from '../../../src/routes/mqtt/sparkplug/primary-host.ts'
import { Rebirths } from '../../../src/routes/mqtt/sparkplug/rebirths.ts'

export interface Mutant {
  readonly name: string
  /** The rule by which it is caught. */
  readonly rule: string
  /** Which part of the story shows it. */
  readonly needs?: 'rebirth'
  /** @returns how it is taken away again */
  plant(): () => void
}

interface Sent {
  readonly topic: string
  readonly payload: Buffer | string
  readonly options: PublishOptions
}

export const MUTANTS: readonly Mutant[] = [
  published('data with acknowledgement', 'qos', 'DDATA', (sent) => withOptions(sent, { qos: 1 })),
  published('a retained birth', 'retain', 'NBIRTH', (sent) => withOptions(sent, { retain: true })),
  published('no birth of devices', 'birth-order', 'DBIRTH', () => undefined),
  published(
    'a message that is lost on its way',
    'seq',
    'DDATA',
    nowAndThen(() => undefined),
  ),
  published(
    'a number twice',
    'seq',
    'DDATA',
    remade(nowAndThen((payload) => ({ ...payload, seq: Number(wholeOf(payload.seq ?? 0)) - 1 }))),
  ),
  published(
    'a birth that begins with 1',
    'seq',
    'NBIRTH',
    remade((payload) => ({ ...payload, seq: 1 })),
  ),
  published(
    'a birth without the rebirth',
    'rebirth-metric',
    'NBIRTH',
    withMetrics((metrics) => metrics.filter(({ name }) => name !== 'Node Control/Rebirth')),
  ),
  published(
    'a birth with another bdSeq',
    'birth-bdseq',
    'NBIRTH',
    withMetrics((metrics) =>
      metrics.map((metric) => (metric.name === 'bdSeq' ? { ...metric, longValue: 200 } : metric)),
    ),
  ),
  published(
    'a birth without all metrics',
    'unknown-metric',
    'DBIRTH',
    withMetrics((metrics) => metrics.filter(({ name }) => name !== 'Status/State' && name !== 'Scan/Data')),
  ),
  published('one alias for two metrics', 'alias', 'DBIRTH', eachWith({ alias: 700 })),
  published('births that are no present', 'birth-is-present', 'DBIRTH', eachWith({ isHistorical: true })),
  published(
    'births out of order',
    'chronology',
    'DBIRTH',
    withMetrics((metrics) => metrics.toReversed()),
  ),
  published('data with names', 'alias-only', 'DDATA', eachWith({ name: 'x' })),
  published('data with types', 'data-datatype', 'DDATA', eachWith({ datatype: 12 })),
  published('texts for everything', 'value-type', 'DDATA', eachWith({ floatValue: 1 })),
  published('history as if it were the present', 'history', 'DDATA', eachWith({ isHistorical: false })),
  published('the present as if it were history', 'present', 'DDATA', eachWith({ isHistorical: true })),
  published('no goodbye', 'goodbye', 'NDEATH', () => undefined),
  published(
    'a goodbye with a number',
    'death-seq',
    'NDEATH',
    remade((payload) => ({ ...payload, seq: 7 })),
  ),
  published('a goodbye of another connection', 'death-bdseq', 'NDEATH', eachWith({ longValue: 199 })),
  published(
    'no times',
    'timestamp',
    'DDATA',
    withMetrics((metrics) => metrics.map(({ timestamp: _, ...metric }) => metric)),
  ),
  published('null with a value', 'null', 'DDATA', eachWith({ isNull: true })),
  published('a foreign node', 'topic', 'DDATA', (sent) => ({
    ...sent,
    topic: sent.topic.replace('edge-1', 'edge-2'),
  })),
  willed('a will without acknowledgement', 'will-qos', { qos: 0 }),
  willed('a retained will', 'will-retain', { retain: true }),
  willed('a will of another node', 'will-topic', { topic: 'spBv1.0/SAV-1/NDEATH/edge-2' }),
  {
    name: 'the same number for every connection',
    rule: 'bdseq-increment',
    plant: () =>
      replaced(
        BookLink.prototype,
        'call',
        (call) =>
          function (this: object, ...args) {
            return args[0] === 'note' ? Promise.resolve(undefined) : call.apply(this, args)
          },
      ),
  },
  {
    name: 'no ear for commands',
    rule: 'command-subscription',
    plant: () =>
      replaced(
        OpenConnection.prototype,
        'subscribe',
        (subscribe) =>
          function (this: object, filters) {
            return subscribe.call(this, (filters as readonly string[]).slice(1))
          },
      ),
  },
  {
    name: 'a goodbye that keeps the will from the host',
    rule: 'goodbye-reason',
    plant: () =>
      replaced(
        MqttClient.prototype,
        'endAsync',
        (end) =>
          function (this: object) {
            return end.call(this, false)
          },
      ),
  },
  {
    name: 'no look at the host',
    rule: 'primary-host',
    plant: () => {
      const before = Object.getOwnPropertyDescriptor(PrimaryHost.prototype, 'isOnline') ?? {}
      Object.defineProperty(PrimaryHost.prototype, 'isOnline', { configurable: true, get: () => true })
      const restore = replaced(PrimaryHost.prototype, 'take', () => () => 'online')
      return () => {
        Object.defineProperty(PrimaryHost.prototype, 'isOnline', before)
        restore()
      }
    },
  },
  {
    name: 'a host that is gone because an older will says so',
    rule: 'left',
    plant: () =>
      replaced(
        PrimaryHost.prototype,
        'take',
        (take) =>
          function (this: object, topic, payload) {
            const isDeath = Buffer.from(payload as Uint8Array)
              .toString()
              .startsWith('{"online":false')
            const newer = Buffer.from(JSON.stringify({ online: false, timestamp: Number.MAX_SAFE_INTEGER }))
            return take.call(this, topic, isDeath ? newer : payload)
          },
      ),
  },
  {
    name: 'no ear for requests of a birth',
    rule: 'rebirth',
    needs: 'rebirth',
    plant: () => replaced(Rebirths.prototype, 'want', () => () => undefined),
  },
]

type Change = (sent: Sent) => Sent | undefined

/** A feed whose messages of one kind are changed on their way to the broker; undefined: they never get there. */
function published(name: string, rule: string, verb: string, change: Change): Mutant {
  return {
    name,
    rule,
    plant: () =>
      replaced(
        OpenConnection.prototype,
        'publish',
        (publish) =>
          function (this: object, ...args) {
            const [topic, payload, options = {}] = args as [string, Buffer | string, PublishOptions?]
            const sent = { topic, payload, options }
            const changed = topic.includes(`/${verb}/`) ? change(sent) : sent
            if (!changed) return Promise.resolve()
            return publish.call(this, changed.topic, changed.payload, changed.options)
          },
      ),
  }
}

/** A feed with another will than it should have. */
function willed(name: string, rule: string, changes: Partial<LastWill>): Mutant {
  return {
    name,
    rule,
    plant: () =>
      replaced(
        EdgeMessages.prototype,
        'death',
        (death) =>
          function (this: object, ...args) {
            return { ...(death.apply(this, args) as LastWill), ...changes }
          },
      ),
  }
}

type Method = (this: object, ...args: unknown[]) => unknown

function replaced<Key extends PropertyKey>(
  owner: { [Name in Key]: unknown },
  key: Key,
  make: (original: Method) => Method,
): () => void {
  const original = owner[key]
  owner[key] = make(original as Method)
  return () => {
    owner[key] = original
  }
}

function withOptions(sent: Sent, options: PublishOptions): Sent {
  return { ...sent, options: { ...sent.options, ...options } }
}

/** Every fifth only, from the first on. */
function nowAndThen<In, Out>(change: (input: In) => Out): (input: In) => Out | In {
  let count = 0
  return (input) => {
    count += 1
    return count % 5 === 1 ? change(input) : input
  }
}

type Remake = (payload: WirePayload) => WirePayload

function remade(change: Remake): Change {
  return (sent) => ({
    ...sent,
    payload: Buffer.from(toBytes(change(fromBytes(Buffer.from(sent.payload))))),
  })
}

function withMetrics(change: (metrics: readonly WireMetric[]) => readonly WireMetric[]): Change {
  return remade((payload) => ({ ...payload, metrics: [...change(payload.metrics ?? [])] }))
}

/** Every metric with the same changes. */
function eachWith(changes: WireMetric): Change {
  return withMetrics((metrics) => metrics.map((metric) => ({ ...metric, ...changes })))
}
