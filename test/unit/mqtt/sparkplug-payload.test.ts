import fc from 'fast-check'
import { expect, test } from 'vitest'
import { METRIC_TYPES, type MetricType } from '../../../src/mqtt/sparkplug/metric-types.ts'
import {
  decodePayload,
  encodePayload,
  type Metric,
  type MetricToSend,
} from '../../../src/mqtt/sparkplug/payload.ts'

/** 2027-01-15 08:00 UTC, of which all golden bytes are. */
const AT = 1_800_000_000_000

/** What Google's own protobuf library wrote from Sparkplug's `sparkplug_b.proto`: one metric `m` each. */
const GOLDEN: readonly (readonly [MetricType, Metric['value'], string])[] = [
  ['Int32', -2147483648, '0880a0f1c2b13412120a016d1880a0f1c2b1342003508080808008'],
  ['Int64', -9007199254740993n, '0880a0f1c2b13412170a016d1880a0f1c2b134200458ffffffffffffffefff01'],
  ['UInt8', 255, '0880a0f1c2b134120f0a016d1880a0f1c2b134200550ff01'],
  ['UInt16', 65535, '0880a0f1c2b13412100a016d1880a0f1c2b134200650ffff03'],
  ['UInt32', 4294967295, '0880a0f1c2b13412120a016d1880a0f1c2b134200750ffffffff0f'],
  ['UInt64', 18446744073709551615n, '0880a0f1c2b13412170a016d1880a0f1c2b134200858ffffffffffffffffff01'],
  ['Float', 1.5, '0880a0f1c2b13412110a016d1880a0f1c2b1342009650000c03f'],
  ['Double', -0.1, '0880a0f1c2b13412150a016d1880a0f1c2b134200a699a9999999999b9bf'],
  ['Boolean', true, '0880a0f1c2b134120e0a016d1880a0f1c2b134200b7001'],
  ['Boolean', false, '0880a0f1c2b134120e0a016d1880a0f1c2b134200b7000'],
  ['String', 'Größe 5', '0880a0f1c2b13412170a016d1880a0f1c2b134200c7a094772c3b6c39f652035'],
  ['Text', 'long', '0880a0f1c2b13412120a016d1880a0f1c2b134200e7a046c6f6e67'],
  [
    'UUID',
    '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    '0880a0f1c2b13412320a016d1880a0f1c2b134200f7a2436626137623831302d396461642d313164312d383062342d303063303466643433306338',
  ],
]

test.each(GOLDEN)('a %s of %s has the bytes that the specification gives it', (type, value, hex) => {
  const bytes = encodePayload({ at: AT, metrics: [{ name: 'm', at: AT, type, value }] })
  expect(Buffer.from(bytes).toString('hex')).toBe(hex)
  expect(onlyMetric(hex)).toMatchObject({ name: 'm', at: AT, type, value })
})

/** What others write otherwise than the specification says, or in one of two ways that it allows. */
const FOREIGN: readonly (readonly [string, MetricType, Metric['value'], string])[] = [
  ['a sign in the bits of its own type', 'Int8', -5, '0880a0f1c2b134120f0a016d1880a0f1c2b134200150fb01'],
  ['a sign over 32 bits', 'Int8', -5, '0880a0f1c2b13412120a016d1880a0f1c2b134200150fbffffff0f'],
  ['a sign in 16 bits', 'Int16', -30000, '0880a0f1c2b13412100a016d1880a0f1c2b134200250d09502'],
  ['a UInt32 as a long', 'UInt32', 4294967295, '0880a0f1c2b13412120a016e1880a0f1c2b134200758ffffffff0f'],
]

test.each(FOREIGN)('understands %s, as other programs write it', (_, type, value, hex) => {
  expect(onlyMetric(hex)).toMatchObject({ type, value })
})

test('reads what is known of a metric beside its value', () => {
  expect(onlyMetric('0880a0f1c2b13412120a016e1880a0f1c2b1342003280130013801')).toMatchObject({
    type: 'Int32',
    value: null,
    isHistorical: true,
    isTransient: true,
  })
  const quality = onlyMetric(
    '0880a0f1c2b13412200a016e1880a0f1c2b13420034a100a075175616c6974791205080318c0015001',
  )
  expect(quality.properties?.get('Quality')).toEqual({ type: 'Int32', value: 192 })
  expect(decoded('0880a0f1c2b13418ff01')).toEqual({ payload: { at: AT, seq: 255, metrics: [] } })
})

test('a metric without a type has the one that its birth gave it', () => {
  const hex = '0880a0f1c2b134121410808080808080808080011880a0f1c2b1345007'
  const typed = decodePayload(Buffer.from(hex, 'hex'), ({ alias }) =>
    alias === 2n ** 63n ? 'Int16' : undefined,
  )
  expect(typed).toMatchObject({ payload: { metrics: [{ alias: 2n ** 63n, type: 'Int16', value: 7 }] } })
  expect(onlyMetric(hex)).toMatchObject({
    value: null,
    unread: 'its type is not known: no birth has named it',
  })
})

test.each([
  ['a template', '0880a0f1c2b134121b0a01741880a0f1c2b134201392010c12080a02696e200350042800'],
  ['a data set', '0880a0f1c2b134121c0a01641880a0f1c2b13420108a010d0801120161180322040a020805'],
  ['bytes', '0880a0f1c2b13412110a01621880a0f1c2b13420118201020102'],
])('%s is named, and not read', (name, hex) => {
  expect(onlyMetric(hex)).toMatchObject({ value: null, unread: expect.stringContaining(name) })
})

test('a value in the wrong field is no value', () => {
  const [, , text = ''] = GOLDEN.find(([type]) => type === 'String') ?? []
  expect(onlyMetric(text.replace('200c7a', '20037a'))).toMatchObject({
    value: null,
    unread: 'its type is Int32, and it holds a text',
  })
  expect(onlyMetric('0880a0f1c2b13412100a016d1880a0f1c2b134200550ffff03').unread).toBe(
    '65535 does not fit its type, UInt8',
  )
})

test('what is no payload is a fault with its place', () => {
  expect(decoded('0880a0f1c2b134120f0a016d')).toEqual({
    fault: 'its 12 bytes are no payload of Sparkplug B: they break off at byte 12',
  })
  expect(decoded('')).toEqual({ fault: expect.stringContaining('neither a time nor a metric') })
  expect(decodePayload(new Uint8Array(16_777_217))).toEqual({
    fault: expect.stringContaining('16777217 bytes'),
  })
})

const VALUES: Record<MetricType, fc.Arbitrary<Metric['value']>> = {
  Int8: fc.integer({ min: -128, max: 127 }),
  Int16: fc.integer({ min: -32768, max: 32767 }),
  Int32: fc.integer(),
  Int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  UInt8: fc.integer({ min: 0, max: 255 }),
  UInt16: fc.integer({ min: 0, max: 65535 }),
  UInt32: fc.integer({ min: 0, max: 4294967295 }),
  UInt64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  Float: fc.float(),
  Double: fc.double(),
  Boolean: fc.boolean(),
  String: fc.string({ unit: 'grapheme' }),
  DateTime: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  Text: fc.string({ unit: 'grapheme' }),
  UUID: fc.uuid(),
}

const typedValue = fc
  .constantFrom(...METRIC_TYPES)
  .chain((type) => fc.record({ type: fc.constant(type), value: fc.option(VALUES[type]) }))

const metric: fc.Arbitrary<MetricToSend> = fc
  .record({
    typed: typedValue,
    name: fc.string({ minLength: 1 }),
    alias: fc.oneof(fc.nat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })),
    at: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    isHistorical: fc.boolean(),
    isTransient: fc.boolean(),
    properties: fc.array(fc.tuple(fc.string(), typedValue), { minLength: 1, maxLength: 5 }),
  })
  .map(({ typed, properties, ...rest }) => ({ ...rest, ...typed, properties: new Map(properties) }))

test('whatever is sent comes back as it was', () => {
  const sent = fc.record({ at: fc.nat(), seq: fc.integer({ min: 0, max: 255 }), metrics: fc.array(metric) })
  fc.assert(
    fc.property(sent, (payload) => {
      expect(decodePayload(encodePayload(payload))).toEqual({ payload })
    }),
  )
})

test('data without types come back by the types of their birth', () => {
  fc.assert(
    fc.property(fc.uniqueArray(metric, { selector: ({ alias }) => String(alias) }), (metrics) => {
      const types = new Map(metrics.map(({ alias, type }) => [String(alias), type]))
      const bytes = encodePayload({ at: AT, metrics, typesKnown: true })
      const read = decodePayload(bytes, ({ alias }) => types.get(String(alias)))
      expect(read).toEqual({ payload: { at: AT, seq: undefined, metrics } })
    }),
  )
})

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(Object.keys(decodePayload(bytes))).toHaveLength(1)
    }),
  )
  fc.assert(
    fc.property(
      fc.array(metric, { minLength: 1 }),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      (metrics, at, byte) => {
        const bytes = encodePayload({ at: AT, metrics })
        bytes[at % bytes.length] = byte
        expect(Object.keys(decodePayload(bytes))).toHaveLength(1)
      },
    ),
  )
})

test('templates within templates, as deep as the payload allows, are no harm', () => {
  let nested = Buffer.alloc(0)
  while (nested.length < 200_000) nested = Buffer.concat([field(18, field(2, nested))])
  expect(Object.keys(decodePayload(field(2, nested)))).toHaveLength(1)
})

test('a value that is none of its type is not sent', () => {
  const send = (type: MetricType, value: Metric['value']) =>
    encodePayload({ at: AT, metrics: [{ name: 'm', at: AT, type, value }] })
  expect(() => send('Int8', 128)).toThrow('128 is no value of the type Int8')
  expect(() => send('UInt64', -1)).toThrow(RangeError)
  expect(() => send('Int32', 1.5)).toThrow(RangeError)
  expect(() => send('Boolean', 'true')).toThrow(RangeError)
})

/** A field of protobuf that holds bytes. */
function field(number: number, held: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(held.length), held])
}

function varint(value: number): Buffer {
  return value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >>> 7)])
}

function decoded(hex: string) {
  return decodePayload(Buffer.from(hex, 'hex'))
}

function onlyMetric(hex: string): Metric {
  const read = decoded(hex)
  const only = 'payload' in read ? read.payload.metrics[0] : undefined
  if (!only) throw new Error('no metric')
  return only
}
