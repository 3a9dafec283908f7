import {
  coerceNodeId,
  DataType,
  DataValue,
  LocalizedText,
  StatusCodes,
  Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import { expect, test } from 'vitest'
import { parseOpcUaAddress } from '../../../src/drivers/opcua/address.ts'
import { noNamespaceText } from '../../../src/drivers/opcua/signal-words.ts'
import { decodeDataValue } from '../../../src/drivers/opcua/values/decode.ts'

const ADDRESS = parseOpcUaAddress('nsu=urn:acme:filler;s=State')

function decode(value: VariantOptions, statusCode = StatusCodes.Good) {
  return decodeDataValue(new DataValue({ value: new Variant(value), statusCode }), ADDRESS)
}

const scalar = VariantArrayType.Scalar

// Fault of the catalogue: [A6]
test('64-bit numbers keep every digit', () => {
  expect(decode({ dataType: DataType.UInt64, arrayType: scalar, value: [0xffffffff, 0xffffffff] }).raw).toBe(
    2n ** 64n - 1n,
  )
  expect(decode({ dataType: DataType.Int64, arrayType: scalar, value: [0xffffffff, 0xfffffffe] }).raw).toBe(
    -2n,
  )
  expect(decode({ dataType: DataType.UInt64, arrayType: scalar, value: [0x200000, 1] }).raw).toBe(
    2n ** 53n + 1n,
  )
})

test('a localized text is its text', () => {
  const value = new LocalizedText({ locale: 'de', text: 'Ausführen' })
  expect(decode({ dataType: DataType.LocalizedText, value })).toEqual({ raw: 'Ausführen', quality: 'good' })
})

// Fault of the catalogue: [A4]
test('status codes become qualities, with the words of the server', () => {
  const value = { dataType: DataType.Double, value: 1 }
  expect(decode(value, StatusCodes.UncertainLastUsableValue)).toMatchObject({
    raw: 1,
    quality: 'uncertain',
    detail: expect.stringContaining('UncertainLastUsableValue'),
  })
  expect(decode(value, StatusCodes.BadSensorFailure)).toMatchObject({
    raw: null,
    quality: 'bad',
    detail: expect.stringContaining('BadSensorFailure'),
  })
})

test.each([
  ['NaN', { dataType: DataType.Double, value: Number.NaN }, /no number/],
  ['the end of the float range', { dataType: DataType.Float, value: -3.4028234663852886e38 }, /no number/],
  ['infinity', { dataType: DataType.Float, value: Number.POSITIVE_INFINITY }, /no number/],
  ['nothing', { dataType: DataType.Null }, /no value/],
  ['a list', { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: [1, 2] }, /list/],
  ['a novel', { dataType: DataType.String, value: 'x'.repeat(10_000_000) }, /10000000 characters/],
])('%s is bad, never a value', (_, value, detail) => {
  expect(decode(value)).toEqual({ raw: null, quality: 'bad', detail: expect.stringMatching(detail) })
})

test.each([
  [StatusCodes.BadNodeIdUnknown, /no such node.*capital and small letters/],
  [StatusCodes.BadAttributeIdInvalid, /folder.*variable below it/],
  [StatusCodes.BadUserAccessDenied, /this user.*the right to read/],
  [StatusCodes.BadNotReadable, /anybody.*PLC project/],
  [StatusCodes.BadNoCommunication, /device behind.*cable/],
  [StatusCodes.BadInternalError, /BadInternalError.*manual/],
  [StatusCodes.UncertainSensorNotAccurate, /not sure.*no status is derived/],
])('of %s it is told at which node of the map, and what to do', (statusCode, words) => {
  const { detail } = decode({ dataType: DataType.Double, value: 1 }, statusCode)
  expect(detail).toMatch(words)
  expect(detail).toMatch(/^nsu=urn:acme:filler;s=State: /)
  expect(detail).toContain(statusCode.name)
})

test.each([
  ['a list', { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: [1] }, /one element/],
  [
    'the id of a node',
    { dataType: DataType.NodeId, value: coerceNodeId('ns=1;i=5') },
    /number or the text beside it/,
  ],
  ['bytes', { dataType: DataType.ByteString, value: Buffer.from('ab') }, /bytes.*name a node/],
])('%s is no value, and it is told what to name instead', (_, value: VariantOptions, words) => {
  const { quality, detail } = decode(value)
  expect(quality).toBe('bad')
  expect(detail).toMatch(words)
  expect(detail).toMatch(/^nsu=urn:acme:filler;s=State: /)
})

test('a namespace that the server does not have: the one that is meant, or those that it has', () => {
  const [base, plc] = ['http://opcfoundation.org/UA/', 'urn:acme:filler/']
  expect(noNamespaceText(ADDRESS, [base, plc])).toMatch(
    /no namespace urn:acme:filler; did you mean urn:acme:filler\/\?/,
  )
  expect(noNamespaceText(ADDRESS, [base, 'urn:other'])).toMatch(/it has urn:other/)
  expect(noNamespaceText(ADDRESS, [base])).toMatch(/none of its own.*not be loaded/)
})

test('an element of a list of anything is a value of its own type', () => {
  const big = { dataType: DataType.Int64, arrayType: scalar, value: [0x200000, 1] }
  const value = [new Variant(big), new Variant({ dataType: DataType.String, value: 'a' })]
  const list = new DataValue({
    value: new Variant({ dataType: DataType.Variant, arrayType: VariantArrayType.Array, value }),
  })
  const element = (at: number) => decodeDataValue(list, ADDRESS, { steps: [{ index: [at] }] })
  expect(element(0)).toEqual({ raw: 2n ** 53n + 1n, quality: 'good' })
  expect(element(1)).toEqual({ raw: 'a', quality: 'good' })
})

test('a date that was never set is no value', () => {
  const never = decode({ dataType: DataType.DateTime, value: new Date(Date.UTC(1601, 0, 1)) })
  expect(never).toMatchObject({ raw: null, quality: 'bad', detail: expect.stringMatching(/never set/) })
  const set = decode({ dataType: DataType.DateTime, value: new Date(Date.UTC(2026, 0, 1)) })
  expect(set).toEqual({ raw: '2026-01-01T00:00:00.000Z', quality: 'good' })
})
