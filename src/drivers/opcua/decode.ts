/** From OPC UA's data values to raw values and their quality. */
import type { DataValue, Variant } from 'node-opcua-client'
import type { Quality, SignalValue } from '../../domain/signal.ts'

interface Decoded {
  readonly raw: SignalValue
  readonly quality: Quality
  /** Why it is not good, or what else the server said. */
  readonly detail?: string
}

/** A longer text is not taken as the value of a signal. */
const TEXT_MAX_CHARS = 4_096

/** What one data value says. Never throws: a value that cannot be used is of bad quality. */
export function decodeDataValue({ value: variant, statusCode }: DataValue): Decoded {
  const quality = qualityOf(statusCode.value)
  if (quality === 'bad') return { raw: null, quality, detail: statusText(statusCode) }
  const value = decodeVariant(variant)
  if ('fault' in value) return { raw: null, quality: 'bad', detail: value.fault }
  if (quality === 'uncertain') return { raw: value.raw, quality, detail: statusText(statusCode) }
  const lost = statusCode.hasOverflowBit ? 'the server lost values before this one (overflow)' : undefined
  return { raw: value.raw, quality, ...(lost === undefined ? {} : { detail: lost }) }
}

/** The two highest bits of a status code are its severity. */
function qualityOf(statusCode: number): Quality {
  const severity = statusCode >>> 30
  return severity === 0 ? 'good' : severity === 1 ? 'uncertain' : 'bad'
}

/** The server's words, with plain ones for the most common of them. */
export function statusText({
  name,
  description,
}: {
  readonly name: string
  readonly description: string
}): string {
  const said = description ? `${name}: ${description}` : name
  return name.startsWith('BadNodeId') ? `no such node (${said})` : said
}

type Value = { readonly raw: SignalValue } | { readonly fault: string }

/** Numbers of `DataType` in OPC UA part 6, table 1. */
const INT64 = 8
const UINT64 = 9
const SCALAR = 0

function decodeVariant(variant: Variant | null | undefined): Value {
  const value: unknown = variant?.value
  if (!variant || value === null || value === undefined) return { fault: 'the node holds no value' }
  if (variant.arrayType !== SCALAR) return { fault: 'the node holds a list, not one value' }
  if (variant.dataType === INT64) return { raw: int64(value, BigInt.asIntN) }
  if (variant.dataType === UINT64) return { raw: int64(value, BigInt.asUintN) }
  return decodeScalar(value)
}

function decodeScalar(value: unknown): Value {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? { raw: value } : { fault: `the device shows no number (${value})` }
    case 'boolean':
    case 'bigint':
      return { raw: value }
    case 'string':
      return decodeText(value)
    default:
      return decodeObject(value)
  }
}

/** LocalizedText has a text, QualifiedName a name. */
function decodeObject(value: unknown): Value {
  if (value instanceof Date) return { raw: value.toISOString() }
  const { text, name } = value as { readonly text?: unknown; readonly name?: unknown }
  if (typeof text === 'string') return decodeText(text)
  if (typeof name === 'string') return decodeText(name)
  return { fault: 'the node holds a structure, not one value' }
}

function decodeText(text: string): Value {
  if (text.length > TEXT_MAX_CHARS) return { fault: `the node holds a text of ${text.length} characters` }
  return { raw: text }
}

/** The library gives 64-bit numbers as their high and low halves. */
function int64(value: unknown, as: (bits: number, value: bigint) => bigint): SignalValue {
  const [high = 0, low = 0] = value as readonly number[]
  return as(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))
}
