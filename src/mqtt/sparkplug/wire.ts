/**
 * The one place that knows the library of Sparkplug payloads. Only its code that was generated from Sparkplug's own description
 * (`sparkplug_b.proto`) is used. What the library has around it loses values: of a metric without a type, as data have it, it
 * makes null; a large UInt32 becomes negative, and a negative Int64 positive.
 */
import { loadedWhenUsed } from '../../runtime/loaded-when-used.ts'

type Generated = typeof import('sparkplug-payload/lib/sparkplugPayloadProto.js')

const generated = loadedWhenUsed<Generated>('sparkplug-payload/lib/sparkplugPayloadProto.js')
const payloads = () => generated().org.eclipse.tahu.protobuf.Payload
type Encoded = Parameters<ReturnType<typeof payloads>['encode']>[0]

/** 64 bits as two halves, which is how they are written and read without loss. */
interface Halves {
  readonly low: number
  readonly high: number
}

/** A whole number of 64 bits as it is read; a plain number where the library could not hold it as halves. */
export type Wide = number | Halves

/** The value of a metric or of a property, in the field in which its sender put it. Signed numbers are in two's complement. */
export interface WireValue {
  isNull?: boolean
  intValue?: number
  longValue?: Wide
  floatValue?: number
  doubleValue?: number
  booleanValue?: boolean
  stringValue?: string
}

export interface WirePropertyValue extends WireValue {
  type?: number
}

export interface WireMetric extends WireValue {
  name?: string
  alias?: Wide
  timestamp?: Wide
  datatype?: number
  isHistorical?: boolean
  isTransient?: boolean
  properties?: WireProperties
}

/** The values belong to the keys by their order. */
export interface WireProperties {
  keys: string[]
  values: WirePropertyValue[]
}

export interface WirePayload {
  timestamp?: Wide
  seq?: Wide
  metrics?: WireMetric[]
}

export function toBytes(payload: WirePayload): Uint8Array {
  return payloads()
    .encode(payload as Encoded)
    .finish()
}

/**
 * Which fields are there, `Object.hasOwn` says: those that are not have values of their own further up.
 * @throws Error where the bytes are none of a payload
 */
export function fromBytes(bytes: Uint8Array): WirePayload {
  return payloads().decode(bytes) as WirePayload
}

export function halvesOf(value: bigint): Halves {
  return { low: Number(BigInt.asUintN(32, value)), high: Number(BigInt.asUintN(32, value >> 32n)) }
}

/** Without a sign. */
export function wholeOf(wide: Wide): bigint {
  if (typeof wide === 'number') return BigInt(Math.trunc(wide))
  return (BigInt(wide.high >>> 0) << 32n) | BigInt(wide.low >>> 0)
}

/** Without a sign; exact up to 2^53, which no time and no counter of messages reaches. */
export function numberOf(wide: Wide): number {
  return typeof wide === 'number' ? wide : (wide.high >>> 0) * 2 ** 32 + (wide.low >>> 0)
}
