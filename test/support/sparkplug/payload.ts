/**
 * Reads and writes payloads of Sparkplug B by the field numbers of its protobuf file, and shares no code with the gateway, so that a
 * wrong encoding cannot agree with itself. What is absent stays absent: rules ask whether a field is there.
 */

/** Datatypes that these tests meet, by their numbers in the specification. */
export const DATATYPES = {
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
} as const

export type ValueField = 'int' | 'long' | 'float' | 'double' | 'boolean' | 'string' | 'other'

/** In which field of the message the value of a datatype stands. */
export function fieldOf(datatype: number): ValueField {
  if ([1, 2, 3, 5, 6, 7].includes(datatype)) return 'int'
  if ([4, 8, 13].includes(datatype)) return 'long'
  if (datatype === DATATYPES.Float) return 'float'
  if (datatype === DATATYPES.Double) return 'double'
  if (datatype === DATATYPES.Boolean) return 'boolean'
  return [12, 14, 15].includes(datatype) ? 'string' : 'other'
}

export interface RawMetric {
  readonly name?: string
  readonly alias?: number
  readonly timestamp?: number
  readonly datatype?: number
  readonly isHistorical?: boolean
  readonly isNull?: boolean
  readonly valueField?: ValueField
  readonly value?: number | bigint | boolean | string
}

export interface RawPayload {
  readonly timestamp?: number
  readonly seq?: number
  readonly metrics: readonly RawMetric[]
}

/** @throws where the bytes are no such payload */
export function readPayload(bytes: Uint8Array): RawPayload {
  const payload: { -readonly [Key in keyof RawPayload]: RawPayload[Key] } = { metrics: [] }
  const metrics: RawMetric[] = []
  for (const { field, number, bytes: content } of fieldsOf(bytes)) {
    if (field === 1) payload.timestamp = Number(number)
    else if (field === 2) metrics.push(readMetric(content))
    else if (field === 3) payload.seq = Number(number)
  }
  return { ...payload, metrics }
}

/** A command to an edge node: one metric with a truth value, by its name. */
export function writeCommand(name: string, value: boolean, atMs: number): Uint8Array {
  const metric = [
    ...lengthField(1, new TextEncoder().encode(name)),
    ...numberField(3, BigInt(atMs)),
    ...numberField(4, BigInt(DATATYPES.Boolean)),
    ...numberField(14, value ? 1n : 0n),
  ]
  return Uint8Array.from([...numberField(1, BigInt(atMs)), ...lengthField(2, Uint8Array.from(metric))])
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

function readMetric(bytes: Uint8Array): RawMetric {
  const metric: Mutable<RawMetric> = {}
  for (const { field, number, bytes: content } of fieldsOf(bytes)) {
    if (field === 1) metric.name = text(content)
    else if (field === 2) metric.alias = Number(number)
    else if (field === 3) metric.timestamp = Number(number)
    else if (field === 4) metric.datatype = Number(number)
    else if (field === 5) metric.isHistorical = number !== 0n
    else if (field === 7) metric.isNull = number !== 0n
    else if (field >= 10 && field <= 19) Object.assign(metric, readValue(field, number, content))
  }
  return metric
}

function readValue(field: number, number: bigint, content: Uint8Array): Partial<RawMetric> {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  if (field === 10) return { valueField: 'int', value: Number(number) }
  if (field === 11) return { valueField: 'long', value: number }
  if (field === 12) return { valueField: 'float', value: view.getFloat32(0, true) }
  if (field === 13) return { valueField: 'double', value: view.getFloat64(0, true) }
  if (field === 14) return { valueField: 'boolean', value: number !== 0n }
  if (field === 15) return { valueField: 'string', value: text(content) }
  return { valueField: 'other' }
}

interface WireField {
  readonly field: number
  /** Of a number; 0 for others. */
  readonly number: bigint
  /** Of what has a length, or is a floating point number. */
  readonly bytes: Uint8Array
}

const NO_BYTES = new Uint8Array()

function* fieldsOf(bytes: Uint8Array): Generator<WireField> {
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at]
      if (byte === undefined) throw new Error('a payload ends within a number')
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error('a payload ends within a field')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const field = tag >> 3
    const kind = tag & 7
    if (kind === 0) yield { field, number: varint(), bytes: NO_BYTES }
    else if (kind === 1) yield { field, number: 0n, bytes: take(8) }
    else if (kind === 2) yield { field, number: 0n, bytes: take(Number(varint())) }
    else if (kind === 5) yield { field, number: 0n, bytes: take(4) }
    else throw new Error(`a payload has a field of the unknown kind ${kind}`)
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

function numberField(field: number, value: bigint): number[] {
  return [...varintBytes(BigInt(field << 3)), ...varintBytes(value)]
}

function lengthField(field: number, bytes: Uint8Array): number[] {
  return [...varintBytes(BigInt((field << 3) | 2)), ...varintBytes(BigInt(bytes.length)), ...bytes]
}

function varintBytes(value: bigint): number[] {
  const bytes: number[] = []
  let left = value
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  return [...bytes, Number(left)]
}
