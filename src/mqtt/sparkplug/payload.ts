/** The payload of Sparkplug B: metrics, each with a value and what is known of it, as bytes and back. */
import { type MetricType, numberOfType, passedByName, typeOfNumber } from './metric-types.ts'
import { type MetricValue, readValue, timeOf, writeValue } from './metric-value.ts'
import {
  fromBytes,
  halvesOf,
  numberOf,
  toBytes,
  type Wide,
  type WireMetric,
  type WirePayload,
  type WireProperties,
  type WirePropertyValue,
  wholeOf,
} from './wire.ts'

/** A number by which a metric goes once its birth named it. It has up to 64 bits; a bigint only where it must be one. */
export type Alias = number | bigint

/** By what a metric goes: at least one of them in all that a device may send. */
export interface MetricNames {
  readonly name?: string | undefined
  readonly alias?: Alias | undefined
}

/** A value with its type. Null: there is none now. */
export interface ValueOfType {
  readonly type: MetricType
  readonly value: MetricValue | null
}

/** One metric of a payload that came. */
export interface Metric extends MetricNames {
  /** When it had the value, in ms since 1970 UTC. */
  readonly at?: number | undefined
  readonly type?: MetricType | undefined
  /** Null: it has none now, or `unread` says why its value cannot be read. */
  readonly value: MetricValue | null
  /** In words: a template, a data set, a value that does not fit its type. */
  readonly unread?: string | undefined
  /** The value of a time that has passed, kept until now: never the present one. */
  readonly isHistorical: boolean
  /** Its sender asks hosts not to keep it. */
  readonly isTransient: boolean
  /** Those that are one value, such as `Quality` and `engUnit`. */
  readonly properties?: ReadonlyMap<string, ValueOfType> | undefined
}

/** A payload that came. */
export interface SparkplugPayload {
  /** When it was sent, in ms since 1970 UTC. */
  readonly at?: number | undefined
  /** Which message of its node it is, 0 to 255 and round again; a death by will has none. */
  readonly seq?: number | undefined
  readonly metrics: readonly Metric[]
}

/** One metric to be sent. */
export interface MetricToSend extends MetricNames, ValueOfType {
  readonly at: number
  readonly isHistorical?: boolean
  readonly isTransient?: boolean
  readonly properties?: ReadonlyMap<string, ValueOfType>
}

/** A payload to be sent. */
interface PayloadToSend {
  readonly at: number
  readonly seq?: number
  readonly metrics: readonly MetricToSend[]
  /** Data go without the types of their metrics, which their birth has said; births and commands have them. */
  readonly typesKnown?: true
}

/** A payload, or in words why the bytes are none, and where. */
type Decoded = { readonly payload: SparkplugPayload } | { readonly fault: string }

/** The type that a birth gave a metric which comes without one. */
type TypeOf = (metric: MetricNames) => MetricType | undefined

/** The longest payload that is read: a birth of 100,000 metrics has room in it. */
const PAYLOAD_BYTES_MAX = 16_777_216
const METRICS_MAX = 200_000
/** Nobody shows more of one metric. */
const PROPERTIES_MAX = 100

/** Reads a payload. Whatever the bytes are, it does not throw: they come from the network. */
export function decodePayload(bytes: Uint8Array, typeOf: TypeOf = () => undefined): Decoded {
  if (bytes.length > PAYLOAD_BYTES_MAX) {
    return { fault: `it has ${bytes.length} bytes, and no more than ${PAYLOAD_BYTES_MAX} are read` }
  }
  const held = heldBy(bytes)
  if (typeof held === 'string') return { fault: held }
  const metrics = held.metrics ?? []
  if (metrics.length > METRICS_MAX) {
    return { fault: `it has ${metrics.length} metrics, and no more than ${METRICS_MAX} are read` }
  }
  if (timeOf(held) === undefined && metrics.length === 0) {
    return { fault: 'it holds neither a time nor a metric, so it is hardly Sparkplug B' }
  }
  const seq = Object.hasOwn(held, 'seq') && held.seq !== undefined ? numberOf(held.seq) : undefined
  return { payload: { at: timeOf(held), seq, metrics: metrics.map((metric) => readMetric(metric, typeOf)) } }
}

/** In words where the bytes break off from what a payload is. */
function heldBy(bytes: Uint8Array): WirePayload | string {
  try {
    return fromBytes(bytes)
  } catch (error) {
    // The library names the byte at which it could not go on in two ways.
    const place = /(?:at offset |out of range: )(\d+)/.exec(String(error))?.[1]
    const where = place === undefined ? '' : ` at byte ${place}`
    return `its ${bytes.length} bytes are no payload of Sparkplug B: they break off${where}`
  }
}

function readMetric(held: WireMetric, typeOf: TypeOf): Metric {
  const names = {
    // Some senders write an empty one beside an alias.
    name: (Object.hasOwn(held, 'name') && held.name) || undefined,
    alias: Object.hasOwn(held, 'alias') ? aliasOf(held.alias) : undefined,
  }
  const number = Object.hasOwn(held, 'datatype') ? (held.datatype ?? 0) : 0
  // Zero is the type "unknown", and the same as none.
  const type = number === 0 ? typeOf(names) : typeOfNumber(number)
  const isNull = Object.hasOwn(held, 'isNull') && held.isNull === true
  return {
    ...names,
    at: timeOf(held),
    type,
    isHistorical: held.isHistorical === true,
    isTransient: held.isTransient === true,
    properties: Object.hasOwn(held, 'properties') ? readProperties(held.properties) : undefined,
    ...(type === undefined
      ? { value: null, unread: isNull ? undefined : unreadable(number) }
      : readValue(held, type)),
  }
}

function unreadable(number: number): string {
  return number === 0
    ? 'its type is not known: no birth has named it'
    : `its value is ${passedByName(number)}, and cannot be a signal`
}

function aliasOf(wide: Wide | undefined): Alias | undefined {
  if (wide === undefined) return undefined
  const whole = wholeOf(wide)
  return whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : whole
}

function readProperties(held: WireProperties | undefined): ReadonlyMap<string, ValueOfType> | undefined {
  if (!held) return undefined
  const read = held.keys.slice(0, PROPERTIES_MAX).flatMap((key, index) => {
    const value = held.values[index]
    const type = value === undefined ? undefined : typeOfNumber(value.type ?? 0)
    if (value === undefined || type === undefined) return []
    return [[key, { type, value: readValue(value, type).value }] as const]
  })
  return read.length === 0 ? undefined : new Map(read)
}

/**
 * Writes a payload.
 * @throws RangeError where a value is none of its type: a mistake of the caller
 */
export function encodePayload(payload: PayloadToSend): Uint8Array {
  return toBytes({
    timestamp: wideOf(payload.at),
    metrics: payload.metrics.map((metric) => writeMetric(metric, payload.typesKnown === true)),
    ...(payload.seq === undefined ? {} : { seq: wideOf(payload.seq) }),
  })
}

function writeMetric(metric: MetricToSend, typesKnown: boolean): WireMetric {
  return {
    ...(metric.name === undefined ? {} : { name: metric.name }),
    ...(metric.alias === undefined ? {} : { alias: wideOf(metric.alias) }),
    timestamp: wideOf(metric.at),
    ...(typesKnown ? {} : { datatype: numberOfType(metric.type) }),
    ...(metric.isHistorical ? { isHistorical: true } : {}),
    ...(metric.isTransient ? { isTransient: true } : {}),
    ...(metric.properties === undefined ? {} : { properties: writeProperties(metric.properties) }),
    ...writeValue(metric.value, metric.type),
  }
}

function wideOf(value: number | bigint): Wide {
  return halvesOf(BigInt(value))
}

function writeProperties(properties: ReadonlyMap<string, ValueOfType>): WireProperties {
  const values: readonly WirePropertyValue[] = [...properties.values()].map(({ type, value }) => ({
    type: numberOfType(type),
    ...writeValue(value, type),
  }))
  return { keys: [...properties.keys()], values: [...values] }
}
