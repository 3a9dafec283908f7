/** What an edge node of Sparkplug says on one connection, as messages in their order. Pure: it knows no broker and no clock. */
import type { LastWill } from '../../../mqtt/broker.ts'
import { encodePayload, type MetricToSend, type ValueOfType } from '../../../mqtt/sparkplug/payload.ts'
import { topicOf } from '../../../mqtt/sparkplug/topics.ts'
import type { FeedMessage } from '../publish.ts'
import type { BirthValue, DataValue } from './feed-device.ts'
import type { MetricDefinition } from './metrics.ts'
import { REBIRTH } from './rebirths.ts'

/** Under which names the gateway is known to hosts. */
export interface EdgeNames {
  readonly group: string
  readonly node: string
}

/** What is known of the gateway itself, by the names of its metrics. */
type NodeProperties = Readonly<Record<string, string>>

/** Numbers of messages and of connections go from 0 to 255 and round again. */
const NUMBERS = 256
/** Known names of hosts for the unit of a metric. */
const UNIT_PROPERTY = 'engUnit'

/** The number of the next connection. @param last undefined where there was none yet */
export function nextBdSeq(last: number | undefined): number {
  return last === undefined ? 0 : (last + 1) % NUMBERS
}

export class EdgeMessages {
  readonly #names: EdgeNames
  /** The number of the connection: a host knows by it to which birth a death belongs. */
  readonly #bdSeq: number
  #nextSeq = 0

  constructor(names: EdgeNames, bdSeq: number) {
    this.#names = names
    this.#bdSeq = bdSeq
  }

  /** Said by the broker where the connection breaks, and by the gateway itself when it leaves. */
  death(nowMs: number): LastWill {
    const metrics = [this.#bdSeqMetric(nowMs)]
    return {
      topic: topicOf({ kind: 'NDEATH', ...this.#names }),
      payload: Buffer.from(encodePayload({ at: nowMs, metrics })),
      qos: 1,
      retain: false,
    }
  }

  /** Begins the numbers of messages at 0. */
  birth(properties: NodeProperties, nowMs: number): FeedMessage {
    this.#nextSeq = 0
    const own = Object.entries(properties).map(([name, value], alias) => {
      const metric: MetricToSend = { name, alias, type: 'String', value, at: nowMs }
      return metric
    })
    const rebirth: MetricToSend = { name: REBIRTH, type: 'Boolean', value: false, at: nowMs }
    return this.#message(topicOf({ kind: 'NBIRTH', ...this.#names }), nowMs, [
      this.#bdSeqMetric(nowMs),
      rebirth,
      ...own,
    ])
  }

  deviceBirth(device: string, values: readonly BirthValue[], nowMs: number): FeedMessage {
    const metrics = values.map(({ metric, value, at, alias }) => ({
      ...{ name: metric.name, alias, type: metric.type, value, at },
      ...propertiesOf(metric),
    }))
    return this.#message(topicOf({ kind: 'DBIRTH', ...this.#names, device }), nowMs, metrics)
  }

  /** Metrics go by their aliases alone, which the birth has named. */
  deviceData(device: string, values: readonly DataValue[], nowMs: number): FeedMessage {
    const metrics = values.map(({ metric: { type }, value, at, alias, isHistorical }) => ({
      ...{ alias, type, value, at },
      ...(isHistorical && { isHistorical }),
    }))
    return this.#message(topicOf({ kind: 'DDATA', ...this.#names, device }), nowMs, metrics, true)
  }

  deviceDeath(device: string, nowMs: number): FeedMessage {
    return this.#message(topicOf({ kind: 'DDEATH', ...this.#names, device }), nowMs, [])
  }

  #message(topic: string, at: number, metrics: readonly MetricToSend[], typesKnown = false): FeedMessage {
    const seq = this.#nextSeq
    this.#nextSeq = (seq + 1) % NUMBERS
    const payload = { at, seq, metrics, ...(typesKnown && { typesKnown: true as const }) }
    return { topic, payload: Buffer.from(encodePayload(payload)), qos: 0, retain: false }
  }

  #bdSeqMetric(at: number): MetricToSend {
    return { name: 'bdSeq', type: 'Int64', value: BigInt(this.#bdSeq), at }
  }
}

function propertiesOf({ unit }: MetricDefinition): Pick<MetricToSend, 'properties'> {
  if (unit === undefined) return {}
  return { properties: new Map<string, ValueOfType>([[UNIT_PROPERTY, { type: 'String', value: unit }]]) }
}
