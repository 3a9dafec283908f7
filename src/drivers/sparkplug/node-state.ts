/**
 * What is known of one edge node and of the devices behind it, as a Sparkplug host has to know it: from the messages alone, without
 * a clock and without a connection.
 *
 * Births name the metrics and bring all their values; data bring what changed. Each message of a node has the number after the one
 * before. Where one is missing, or data name what no birth has named, nothing that is known can be trusted any more, until the
 * next birth.
 */
import type { Instant } from '../../domain/instant.ts'
import {
  decodePayload,
  type Metric,
  type MetricNames,
  type SparkplugPayload,
} from '../../mqtt/sparkplug/payload.ts'
import { type EdgeTopic, isDeviceTopic } from '../../mqtt/sparkplug/topics.ts'
import { MetricTable, type ShownMetric } from './metric-table.ts'
import { MetricTimes } from './metric-times.ts'
import { shownValue } from './shown-value.ts'

/** Whose metrics: those of the node itself, or of the device of this name. */
export type MetricsOf = string | null

/** How it stands with the metrics of a node or a device. */
export type Standing =
  | { readonly kind: 'born'; readonly metrics: MetricTable }
  | { readonly kind: 'dead'; readonly why: string }
  /** No birth holds: `why` says in words what is waited for. */
  | { readonly kind: 'unborn'; readonly why: string }

/** What a message came to. */
export type NodeNews =
  | { readonly kind: 'born'; readonly of: MetricsOf }
  | { readonly kind: 'data'; readonly of: MetricsOf; readonly shown: readonly ShownMetric[] }
  | { readonly kind: 'died'; readonly of: MetricsOf }
  /** Nothing that was known of the node and its devices can be trusted any more. */
  | { readonly kind: 'doubted' }
  /** Data came that cannot be understood for want of a birth. */
  | { readonly kind: 'unborn'; readonly of: MetricsOf }
  | { readonly kind: 'nothing' }

const NOTHING: NodeNews = { kind: 'nothing' }
const SEQ_COUNT = 256
const BD_SEQ = 'bdSeq'
/** Why nothing is known of whoever has not been heard yet. */
const NOT_HEARD = 'no birth has come yet'

export class NodeState {
  /** As messages name it: `Savannah/Line1`. */
  readonly name: string
  readonly #times = new MetricTimes()
  readonly #standings = new Map<MetricsOf, Standing>()
  /** Of whoever has no standing of its own. */
  #otherwise: Standing = { kind: 'unborn', why: NOT_HEARD }
  #bdSeq: bigint | undefined
  /** The number of the last message; undefined where the next one may have any. */
  #seq: number | undefined
  #lastBytes: Uint8Array | undefined

  constructor(name: string) {
    this.name = name
  }

  standing(of: MetricsOf): Standing {
    return this.#standings.get(of) ?? this.#otherwise
  }

  /** How much earlier than it was sent a value may have come to be. */
  get heldBackMs(): number {
    return this.#times.heldBackMs
  }

  /** The devices whose birth holds. */
  get devices(): readonly string[] {
    return [...this.#standings].flatMap(([of, { kind }]) => (of !== null && kind === 'born' ? [of] : []))
  }

  take(topic: EdgeTopic, bytes: Uint8Array, at: Instant): NodeNews {
    if (topic.kind === 'NCMD' || topic.kind === 'DCMD' || this.#isRepeated(bytes)) return NOTHING
    const of = isDeviceTopic(topic) ? topic.device : null
    const standing = this.standing(of)
    const born = standing.kind === 'born' && isData(topic) ? standing.metrics : undefined
    const decoded = decodePayload(bytes, (names) => born?.find(names)?.type)
    if ('fault' in decoded) return this.#doubt(`a message of ${topic.kind} cannot be read: ${decoded.fault}`)
    const { payload } = decoded
    switch (topic.kind) {
      case 'NBIRTH':
        return this.#nodeBorn(payload, at)
      case 'NDEATH':
        return this.#nodeDied(payload)
      case 'DBIRTH':
        return this.#inOrder(payload) ?? this.#born(payload, of, at)
      case 'DDEATH':
        return this.#inOrder(payload) ?? this.#deviceDied(of)
      default:
        return this.#inOrder(payload) ?? this.#data(payload, of, at)
    }
  }

  /** Some brokers hand a message on once for each subscription that it fits. Its number and its time make it unlike any other. */
  #isRepeated(bytes: Uint8Array): boolean {
    const last = this.#lastBytes
    this.#lastBytes = bytes
    return last !== undefined && Buffer.compare(last, bytes) === 0
  }

  #nodeBorn(payload: SparkplugPayload, at: Instant): NodeNews {
    this.#standings.clear()
    this.#otherwise = { kind: 'unborn', why: `its edge node ${this.name} is born, and it is not yet` }
    this.#seq = payload.seq
    this.#bdSeq = bdSeqOf(payload)
    return this.#born(payload, null, at)
  }

  /** The will of an earlier connection may come after the birth of the next one: then it says nothing of the present. */
  #nodeDied(payload: SparkplugPayload): NodeNews {
    const bdSeq = bdSeqOf(payload)
    if (this.#bdSeq !== undefined && bdSeq !== undefined && bdSeq !== this.#bdSeq) return NOTHING
    this.#standings.clear()
    this.#otherwise = {
      kind: 'dead',
      why: `its edge node ${this.name} is gone: the broker has published its death`,
    }
    this.#seq = undefined
    this.#bdSeq = undefined
    return { kind: 'died', of: null }
  }

  #deviceDied(of: MetricsOf): NodeNews {
    this.#standings.set(of, { kind: 'dead', why: `its edge node ${this.name} says that it is gone` })
    return { kind: 'died', of }
  }

  #born(payload: SparkplugPayload, of: MetricsOf, at: Instant): NodeNews {
    const metrics = new MetricTable()
    this.#times.learn(payload, at)
    for (const metric of payload.metrics) {
      const { name, alias, type } = metric
      if (name === undefined) continue
      metrics.add({ name, alias, type })
      if (!metric.isHistorical) metrics.show({ name, ...shownValue(metric), at })
    }
    this.#standings.set(of, { kind: 'born', metrics })
    return { kind: 'born', of }
  }

  #data(payload: SparkplugPayload, of: MetricsOf, at: Instant): NodeNews {
    const standing = this.standing(of)
    if (standing.kind === 'dead') {
      this.#standings.set(of, {
        kind: 'unborn',
        why: 'data have come after its death, and no birth before them',
      })
    }
    if (standing.kind !== 'born') return { kind: 'unborn', of }
    const stranger = payload.metrics.find((metric) => isStranger(metric, standing.metrics))
    if (stranger) return this.#doubt(strangerText(stranger, standing.metrics))
    const sentAt = this.#times.learn(payload, at)
    const shown = payload.metrics.flatMap((metric) => {
      const born = standing.metrics.find(metric)
      // A value of the past is never the present one, however late it comes.
      if (!born || metric.isHistorical) return []
      return [this.#shown(metric, born.name, { at, sentAt, payload })]
    })
    for (const metric of shown) standing.metrics.show(metric)
    return { kind: 'data', of, shown }
  }

  #shown(
    metric: Metric,
    name: string,
    { at, sentAt, payload }: { at: Instant; sentAt: Instant; payload: SparkplugPayload },
  ): ShownMetric {
    return { name, ...shownValue(metric), at: this.#times.of(metric, { payload, at, sentAt }) }
  }

  /** Undefined where the message is the next one. */
  #inOrder({ seq }: SparkplugPayload): NodeNews | undefined {
    const last = this.#seq
    const due = last === undefined ? undefined : (last + 1) % SEQ_COUNT
    // Senders whose payloads are of protobuf 3 leave out a number that is 0.
    this.#seq = seq ?? (due === 0 ? 0 : undefined)
    // Nothing was known, so that nothing can have been missed.
    if (due === undefined || this.#nothingHolds() || this.#seq === due) return undefined
    return this.#doubt(
      seq === undefined
        ? `a message of its edge node ${this.name} has no number, so that one may be missing`
        : `message ${seq} of its edge node ${this.name} has come where ${due} was due: some were lost`,
    )
  }

  #nothingHolds(): boolean {
    return ![...this.#standings.values()].some(({ kind }) => kind === 'born')
  }

  #doubt(why: string): NodeNews {
    this.#standings.clear()
    this.#otherwise = { kind: 'unborn', why }
    return { kind: 'doubted' }
  }
}

function isData({ kind }: EdgeTopic): boolean {
  return kind === 'NDATA' || kind === 'DDATA'
}

/** A name that no birth has said can at least be passed over; without one, any metric may be meant. */
function isStranger(metric: MetricNames, metrics: MetricTable): boolean {
  return metric.name === undefined && metrics.find(metric) === undefined
}

function strangerText({ alias }: MetricNames, metrics: MetricTable): string {
  if (alias === undefined) return 'data have come without a name and without an alias'
  const which = metrics.isShared(alias)
    ? 'which its birth has given to several metrics'
    : 'which no birth has named'
  return `data have come under the alias ${alias}, ${which}`
}

function bdSeqOf({ metrics }: SparkplugPayload): bigint | undefined {
  const value = metrics.find(({ name }) => name === BD_SEQ)?.value
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : undefined
}
