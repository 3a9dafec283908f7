/** From a message to the value of a signal: found by its path, and as its type says. */
import type { Quality, SignalType, SignalValue } from '../../domain/signal.ts'
import { noNumber } from '../shared/float-end.ts'
import type { MqttAddress } from './address.ts'
import { findAt, type JsonPath } from './json-path.ts'
import { isObject, kindOf, plainText, shortText, shownText } from './json-value.ts'
import type { HeardMessage, PayloadReading } from './message.ts'

/** A value as the message has it, and why it is no good where it is not. */
interface MessageValue {
  readonly value: SignalValue
  readonly quality: Quality
  readonly detail?: string
}

/** Of OPC DA: the two highest bits of its byte say good or uncertain. */
const DA_GOOD = 192
const DA_UNCERTAIN = 64
const DA_MAX = 255
const TRUE_TEXTS: readonly string[] = ['true', 'on', '1']
const FALSE_TEXTS: readonly string[] = ['false', 'off', '0']

/** Undefined where the message says nothing of the signal, and need not. */
export function valueIn(message: HeardMessage, address: MqttAddress): MessageValue | undefined {
  const { path, partial } = address
  const root = path ? message.json : message.plain
  if ('fault' in root) return bad(root.fault)
  const found = path ? findAt(root.value, path) : root
  if ('missing' in found) return partial ? undefined : bad(found.missing)
  if (found.value === null) return bad('its publisher says that it has no value (null)')
  if (typeof found.value === 'object') return bad(wholeText(found.value, path?.written))
  const typed = asType(found.value as Exclude<SignalValue, null>, address.type)
  if ('fault' in typed) return bad(typed.fault)
  const fault = typeof typed.value === 'number' ? noNumber(typed.value) : undefined
  if (fault !== undefined) return bad(fault)
  return address.quality
    ? { value: typed.value, ...qualityIn(message, address.quality) }
    : { value: typed.value, quality: 'good' }
}

/** Why a message says nothing of a signal. */
export function missingIn(message: HeardMessage, { path }: MqttAddress): string {
  const found = path && 'value' in message.json ? findAt(message.json.value, path) : undefined
  return found && 'missing' in found ? found.missing : 'it has none'
}

function bad(detail: string): MessageValue {
  return { value: null, quality: 'bad', detail }
}

function wholeText(value: unknown, path: string | undefined): string {
  const place = path === undefined ? 'the message' : path
  const keys = isObject(value) ? Object.keys(value) : []
  const example =
    keys[0] === undefined ? '' : `, as in ${path === undefined ? '' : `${path}.`}${shortText(keys[0])}`
  return `${place} is ${kindOf(value)} and no single value: path says where in it the value stands${example}`
}

/** The value as the map's type asks for it; without a type, as it is. */
function asType(
  value: Exclude<SignalValue, null>,
  type: SignalType | undefined,
): PayloadReading<SignalValue> {
  if (type === undefined) return { value }
  if (type === 'string') return { value: String(value) }
  return type === 'bit' ? asBit(value) : asNumber(value, type)
}

function asBit(value: Exclude<SignalValue, null>): PayloadReading<SignalValue> {
  const text = String(value).trim().toLowerCase()
  if (TRUE_TEXTS.includes(text)) return { value: true }
  if (FALSE_TEXTS.includes(text)) return { value: false }
  return { fault: `it is ${shownText(String(value))}, and a bit is true or false, 1 or 0, on or off` }
}

function asNumber(value: Exclude<SignalValue, null>, type: SignalType): PayloadReading<SignalValue> {
  const number = typeof value === 'string' ? numberOf(value.trim()) : value
  if (typeof number !== 'number' && typeof number !== 'bigint')
    return { fault: `it is ${shownText(String(value))}, and no number` }
  const isWhole = typeof number === 'bigint' || Number.isInteger(number)
  if (type.startsWith('f') || isWhole) return { value: number }
  return { fault: `it is ${number}, and ${type} is a whole number` }
}

/** A number that stands in a text, with a point: a comma may part thousands as well. */
function numberOf(text: string): number | bigint | undefined {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return undefined
  const number = Number(text)
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(text)
    ? BigInt(text)
    : number
}

function qualityIn({ json }: HeardMessage, path: JsonPath): Omit<MessageValue, 'value'> {
  if ('fault' in json) return { quality: 'bad', detail: json.fault }
  const found = findAt(json.value, path)
  if ('missing' in found) return { quality: 'bad', detail: found.missing }
  const quality = qualityOf(found.value)
  return quality === 'good'
    ? { quality }
    : { quality, detail: `its publisher says of its quality: ${shownText(found.value)}` }
}

/** `true`, `Good`, `GoodOverload`, 192 and more; whatever else there is means that it is not good. */
function qualityOf(said: unknown): Quality {
  if (said === true) return 'good'
  if (typeof said === 'number') {
    if (said >= DA_GOOD && said <= DA_MAX) return 'good'
    return said >= DA_UNCERTAIN && said < 2 * DA_UNCERTAIN ? 'uncertain' : 'bad'
  }
  const text = plainText(said)?.toLowerCase() ?? ''
  if (text === 'true' || text.startsWith('good')) return 'good'
  return text.startsWith('uncertain') ? 'uncertain' : 'bad'
}
