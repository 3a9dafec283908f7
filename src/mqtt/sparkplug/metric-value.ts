/** Values of metrics: from the field of the payload in which they came, by their type, and back. */
import type { MetricType } from './metric-types.ts'
import { halvesOf, numberOf, type WireValue, wholeOf } from './wire.ts'

/** Numbers of 64 bits are bigints; a `DateTime` is a number, in ms since 1970 UTC. */
export type MetricValue = number | bigint | boolean | string

/** What a field holds. `unread` says in words why it is no value of its type; the value is then null. */
interface ReadValue {
  readonly value: MetricValue | null
  readonly unread?: string
}

/** The longest text that is read. A text is a state or a code; what is longer is a document. */
const TEXT_MAX = 65_536
/** How many bits whole numbers of up to 32 bits have, and whether they have a sign. */
const WHOLE: ReadonlyMap<MetricType, { readonly bits: number; readonly signed: boolean }> = new Map([
  ['Int8', { bits: 8, signed: true }],
  ['Int16', { bits: 16, signed: true }],
  ['Int32', { bits: 32, signed: true }],
  ['UInt8', { bits: 8, signed: false }],
  ['UInt16', { bits: 16, signed: false }],
  ['UInt32', { bits: 32, signed: false }],
])

/** Reads the value by its type. Nothing that a sender may put there makes it throw. */
export function readValue(held: WireValue, type: MetricType): ReadValue {
  if (has(held, 'isNull') && held.isNull) return { value: null }
  const whole = WHOLE.get(type)
  if (whole !== undefined) return wholeNumber(held, type, whole)
  switch (type) {
    case 'Int64':
    case 'UInt64':
    case 'DateTime':
      return wideNumber(held, type)
    case 'Float':
    case 'Double':
      return fraction(held, type)
    case 'Boolean':
      return has(held, 'booleanValue') ? { value: held.booleanValue ?? null } : wrongField(held, type)
    default:
      return textValue(held, type)
  }
}

function wholeNumber(
  held: WireValue,
  type: MetricType,
  { bits, signed }: { bits: number; signed: boolean },
): ReadValue {
  // Sparkplug writes all of them as `int_value`; Eclipse Tahu writes a UInt32 as `long_value`, which older hosts expect.
  const raw = rawWhole(held)
  if (raw === undefined) return wrongField(held, type)
  const value = signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw)
  // A negative number comes extended to 32 or 64 bits, or in no more than its own.
  const isWithin = [bits, 32, 64].some((width) => BigInt.asUintN(width, value) === raw)
  return isWithin
    ? { value: Number(value) }
    : { value: null, unread: `${raw} does not fit its type, ${type}` }
}

function wideNumber(held: WireValue, type: MetricType): ReadValue {
  const raw = rawWhole(held)
  if (raw === undefined) return wrongField(held, type)
  if (type === 'DateTime') return { value: Number(raw) }
  // A sender that took the narrow field wrote 32 bits, and a sign means what it means there.
  const bits = has(held, 'longValue') ? 64 : 32
  return { value: type === 'Int64' ? BigInt.asIntN(bits, raw) : raw }
}

function rawWhole(held: WireValue): bigint | undefined {
  if (has(held, 'intValue') && held.intValue !== undefined) return BigInt(held.intValue >>> 0)
  if (has(held, 'longValue') && held.longValue !== undefined) return wholeOf(held.longValue)
  return undefined
}

function fraction(held: WireValue, type: MetricType): ReadValue {
  if (has(held, 'floatValue')) return { value: held.floatValue ?? null }
  return has(held, 'doubleValue') ? { value: held.doubleValue ?? null } : wrongField(held, type)
}

function textValue(held: WireValue, type: MetricType): ReadValue {
  if (!has(held, 'stringValue')) return wrongField(held, type)
  const text = held.stringValue ?? ''
  if (text.length <= TEXT_MAX) return { value: text }
  return {
    value: null,
    unread: `its text has ${text.length} characters, and no more than ${TEXT_MAX} are read`,
  }
}

const FIELDS = {
  intValue: 'a whole number',
  longValue: 'a whole number',
  floatValue: 'a fraction',
  doubleValue: 'a fraction',
  booleanValue: 'true or false',
  stringValue: 'a text',
} as const

function wrongField(held: WireValue, type: MetricType): ReadValue {
  const field = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).find((name) => has(held, name))
  const holds = field === undefined ? 'no value' : FIELDS[field]
  return { value: null, unread: `its type is ${type}, and it holds ${holds}` }
}

/** The fields that are not there have values too, of their own kind, further up. */
function has(held: WireValue, field: keyof WireValue): boolean {
  return Object.hasOwn(held, field)
}

/**
 * Puts a value into the field of its type.
 * @throws RangeError where the value is none of its type: a mistake of the caller
 */
export function writeValue(value: MetricValue | null, type: MetricType): WireValue {
  if (value === null) return { isNull: true }
  const whole = WHOLE.get(type)
  if (whole !== undefined) return { intValue: Number(BigInt.asUintN(32, checkedWhole(value, type, whole))) }
  switch (type) {
    case 'Int64':
      return { longValue: halvesOf(checkedWhole(value, type, { bits: 64, signed: true })) }
    case 'UInt64':
    case 'DateTime':
      return { longValue: halvesOf(checkedWhole(value, type, { bits: 64, signed: false })) }
    case 'Float':
      return { floatValue: checked(value, 'number', type) }
    case 'Double':
      return { doubleValue: checked(value, 'number', type) }
    case 'Boolean':
      return { booleanValue: checked(value, 'boolean', type) }
    default:
      return { stringValue: checked(value, 'string', type) }
  }
}

interface Kinds {
  readonly number: number
  readonly boolean: boolean
  readonly string: string
}

function checked<Kind extends keyof Kinds>(value: MetricValue, kind: Kind, type: MetricType): Kinds[Kind] {
  if (typeof value !== kind) throw noValueOf(value, type)
  return value as Kinds[Kind]
}

function checkedWhole(
  value: MetricValue,
  type: MetricType,
  { bits, signed }: { bits: number; signed: boolean },
): bigint {
  const isWhole = typeof value === 'bigint' || Number.isInteger(value)
  if (!isWhole) throw noValueOf(value, type)
  const whole = BigInt(value)
  const kept = signed ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole)
  if (kept !== whole) throw noValueOf(value, type)
  return whole
}

function noValueOf(value: MetricValue, type: MetricType): RangeError {
  return new RangeError(`${String(value)} is no value of the type ${type}`)
}

/** The time of a payload or a metric, in ms since 1970 UTC. */
export function timeOf(held: { timestamp?: WireValue['longValue'] }): number | undefined {
  return Object.hasOwn(held, 'timestamp') && held.timestamp !== undefined
    ? numberOf(held.timestamp)
    : undefined
}
