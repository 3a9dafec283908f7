/** Values of any kind in words, for a person who looks around. */
import type { Variant } from 'node-opcua-client'
import type { OpcUaLibrary } from '../library.ts'

const SHOWN_MAX = 120
const ARRAY = 1
/** Numbers of `DataType` in OPC UA part 6, table 1. */
const INT64 = 8
const UINT64 = 9

/** The value in short. */
export function shownValue({ value, dataType }: Variant): string {
  const text = dataType === INT64 || dataType === UINT64 ? wholesText(value, dataType) : textOf(value)
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text
}

/** `Int32`, and `Int32[3]` for a list. */
export function typeText({ dataType, arrayType, value }: Variant, { DataType }: OpcUaLibrary): string {
  const name = DataType[dataType] ?? `type ${dataType}`
  const length = arrayType >= ARRAY ? (value as { readonly length?: number } | null)?.length : undefined
  return length === undefined ? name : `${name}[${length}]`
}

/** The library gives one as its high and low halves, and a list of them as a list of such pairs. */
function wholesText(value: unknown, dataType: number): string {
  const isList = Array.isArray(value) && value.every((item) => Array.isArray(item))
  if (!isList) return wholeText(value, dataType)
  const more = value.length > ITEMS_MAX ? ', …' : ''
  return `[${value
    .slice(0, ITEMS_MAX)
    .map((item) => wholeText(item, dataType))
    .join(', ')}${more}]`
}

function wholeText(value: unknown, dataType: number): string {
  const [high, low] = (Array.isArray(value) ? value : []) as readonly unknown[]
  if (typeof high !== 'number' || typeof low !== 'number') return textOf(value)
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return String(dataType === INT64 ? BigInt.asIntN(64, bits) : bits)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Date) return value.toISOString()
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return listText([...(value as Uint8Array)])
  if (Array.isArray(value)) return listText(value)
  if (typeof value === 'object' && value !== null) {
    const { text, name } = value as { readonly text?: unknown; readonly name?: unknown }
    if (typeof text === 'string') return JSON.stringify(text)
    if (typeof name === 'string') return JSON.stringify(name)
    return String(value).replaceAll(/\s+/g, ' ')
  }
  return String(value)
}

const ITEMS_MAX = 8

function listText(items: readonly unknown[]): string {
  const more = items.length > ITEMS_MAX ? ', …' : ''
  return `[${items.slice(0, ITEMS_MAX).map(textOf).join(', ')}${more}]`
}
