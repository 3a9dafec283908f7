import {
  DataType,
  DataValue,
  LocalizedText,
  StatusCodes,
  Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import { expect, test } from 'vitest'
import { decodeDataValue } from '../../../src/drivers/opcua/decode.ts'

function decode(value: VariantOptions, statusCode = StatusCodes.Good) {
  return decodeDataValue(new DataValue({ value: new Variant(value), statusCode }))
}

const scalar = VariantArrayType.Scalar

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
  ['infinity', { dataType: DataType.Float, value: Number.POSITIVE_INFINITY }, /no number/],
  ['nothing', { dataType: DataType.Null }, /no value/],
  ['a list', { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: [1, 2] }, /list/],
  ['a novel', { dataType: DataType.String, value: 'x'.repeat(10_000_000) }, /10000000 characters/],
])('%s is bad, never a value', (_, value, detail) => {
  expect(decode(value)).toEqual({ raw: null, quality: 'bad', detail: expect.stringMatching(detail) })
})
