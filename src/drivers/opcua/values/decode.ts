/** From OPC UA's data values to raw values and their quality. */
import type { DataValue, Variant } from 'node-opcua-client'
import type { Quality, SignalValue } from '../../../domain/signal.ts'
import { noNumber } from '../../shared/float-end.ts'
import type { OpcUaAddress } from '../address.ts'
import { badStatusText, uncertainText, unusableText } from '../signal-words.ts'
import type { Step } from './part.ts'
import { type EnumWords, pick, type TypedValue } from './pick.ts'

interface Decoded {
  readonly raw: SignalValue
  readonly quality: Quality
  /** Why it is not good and what to do about it, or what else the server said. */
  readonly detail?: string | undefined
  /** The server's own word for a number. */
  readonly word?: string | undefined
}

/** What the server knows of the value of one signal, besides the value itself. */
export interface Meant {
  /** Which part of the node's value is the signal's. */
  readonly steps: readonly Step[]
  /** Its words for the numbers of the node, where it has them. */
  readonly words?: EnumWords | undefined
}

const WHOLE: Meant = { steps: [] }

/** A longer text is not taken as the value of a signal. */
const TEXT_MAX_CHARS = 4_096

/** What one data value says. Never throws: a value that cannot be used is of bad quality. `address` is for the words. */
export function decodeDataValue(
  { value: variant, statusCode }: DataValue,
  address: OpcUaAddress,
  { steps, words }: Meant = WHOLE,
): Decoded {
  const quality = qualityOf(statusCode.value)
  if (quality === 'bad') return { raw: null, quality, detail: badStatusText(address, statusCode) }
  const value = decodeVariant(variant, steps, words)
  if ('fault' in value) {
    return { raw: null, quality: 'bad', detail: unusableText(address, value.fault, value.hint) }
  }
  if (quality === 'uncertain') return { raw: value.raw, quality, detail: uncertainText(address, statusCode) }
  const detail = statusCode.hasOverflowBit ? 'the server lost values before this one (overflow)' : undefined
  return { raw: value.raw, quality, detail, word: value.word }
}

/** The two highest bits of a status code are its severity. */
function qualityOf(statusCode: number): Quality {
  const severity = statusCode >>> 30
  return severity === 0 ? 'good' : severity === 1 ? 'uncertain' : 'bad'
}

type Value =
  | { readonly raw: SignalValue; readonly word?: string | undefined }
  | { readonly fault: string; readonly hint: string }

/** Numbers of `DataType` in OPC UA part 6, table 1. */
const INT64 = 8
const UINT64 = 9
const BYTE_STRING = 15
const NODE_ID = 17
const EXPANDED_NODE_ID = 18
const QUALIFIED_NAME = 20
const LOCALIZED_TEXT = 21
const SCALAR = 0

const NAME_ANOTHER = 'name a node that holds one number, text, or true and false'

function decodeVariant(
  variant: Variant | null | undefined,
  steps: readonly Step[],
  words: EnumWords | undefined,
): Value {
  if (!variant) return NO_VALUE
  const { dataType, value, arrayType, dimensions } = variant
  const part = pick({ dataType, value, isList: arrayType !== SCALAR, dimensions }, steps)
  if ('fault' in part) return part
  const decoded = decodePart(part)
  if ('fault' in decoded || typeof decoded.raw !== 'number') return decoded
  const word = (part.words ?? words)?.get(decoded.raw)
  return word === undefined ? decoded : { raw: decoded.raw, word }
}

const NO_VALUE: Value = {
  fault: 'the node holds no value',
  hint: 'if this stays, check whether the PLC program writes it',
}

function decodePart({ value, isList, dataType }: TypedValue): Value {
  if (value === null || value === undefined) return NO_VALUE
  if (isList) return { fault: 'the node holds a list, not one value', hint: listHint(value) }
  switch (dataType) {
    case INT64:
      return { raw: int64(value, BigInt.asIntN) }
    case UINT64:
      return { raw: int64(value, BigInt.asUintN) }
    case BYTE_STRING:
      return { fault: 'the node holds bytes, not one value', hint: NAME_ANOTHER }
    case NODE_ID:
    case EXPANDED_NODE_ID:
      return {
        fault: 'the node holds the id of another node, not a value',
        hint: 'name the number or the text beside it',
      }
    case QUALIFIED_NAME:
      return decodeText(String((value as { readonly name?: unknown }).name ?? ''))
    case LOCALIZED_TEXT:
      return decodeText(String((value as { readonly text?: unknown }).text ?? ''))
    default:
      return decodeScalar(value)
  }
}

function listHint(value: unknown): string {
  const { length } = value as ArrayLike<unknown>
  return `name one element behind its node id, as in [0]; it has ${length}, counted from 0`
}

function decodeScalar(value: unknown): Value {
  switch (typeof value) {
    case 'number': {
      const fault = noNumber(value)
      return fault ? { fault, hint: 'check the sensor, or the PLC program' } : { raw: value }
    }
    case 'boolean':
    case 'bigint':
      return { raw: value }
    case 'string':
      return decodeText(value)
    default:
      if (value instanceof Date && value.getTime() <= NEVER_MS) return NEVER
      if (value instanceof Date && !Number.isNaN(value.getTime())) return { raw: value.toISOString() }
      return {
        fault: 'the node holds a structure, not one value',
        hint: 'write behind its node id which field is meant, as in .ID; or name one of the variables below it',
      }
  }
}

/** The least DateTime stands for none (OPC UA part 6, 5.2.2.5). */
const NEVER_MS = Date.UTC(1601, 0, 1)
const NEVER: Value = {
  fault: 'the node holds a date that was never set',
  hint: 'if this stays, check whether the PLC program writes it',
}

function decodeText(text: string): Value {
  if (text.length <= TEXT_MAX_CHARS) return { raw: text }
  return { fault: `the node holds a text of ${text.length} characters`, hint: NAME_ANOTHER }
}

/** The library gives 64-bit numbers as their high and low halves. */
function int64(value: unknown, as: (bits: number, value: bigint) => bigint): SignalValue {
  const [high = 0, low = 0] = value as readonly number[]
  return as(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))
}
