import { serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { TapeBytes } from '../../../src/recording/tape-bytes.ts'
import { bytesOf, valuesIn } from '../../support/tape.ts'

/** Around every end of a form. */
const NUMBERS = [
  ...[0, -0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53],
  ...[-1, -32, -33, -128, -32_769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53)],
  ...[0.1, -1.5, 5e-324, 1.7976931348623157e308, Number.POSITIVE_INFINITY, Number.NaN],
]
const TEXTS = ['', 'run', 'läuft', '走', '🏭', 'a\u0000b', 'half a pair: \ud83c', 'x'.repeat(100_000)]
const OTHERS = [null, true, false, undefined, 2n ** 64n - 1n, -(2n ** 63n), { at: [1, { deep: null }] }]

test('gives back every value as it was', () => {
  const values = [...NUMBERS, ...TEXTS, ...OTHERS]
  const read = valuesIn(bytesOf(values))
  expect(read).toHaveLength(values.length)
  for (const [nth, value] of values.entries()) expect(read[nth]).toStrictEqual(value)
})

test('writes as MessagePack does', () => {
  const written = Buffer.from(bytesOf([7, 200, 1_000, 100_000, -2, 0.5, null, true, false, 'é'])).toString(
    'hex',
  )
  expect(written).toBe('07ccc8cd03e8ce000186a0d2fffffffecb3fe0000000000000c0c3c2db00000002c3a9')
})

test('reads what versions before wrote: a list that V8 has serialized', () => {
  const values = [1, 0, 1_000_000, 0, -5, 'run', 2n ** 63n, { kind: 'tick' }]
  expect(valuesIn(serialize(values))).toEqual(values)
})

test.each([[[300]], [[-300]], [[0.5]], [['run']], [[{ kind: 'tick' }]]])(
  '%j that is cut off is no value',
  (values) => {
    const written = bytesOf(values)
    for (let length = 1; length < written.length; length += 1)
      expect(() => valuesIn(written.subarray(0, length)), `${length} bytes`).toThrow()
  },
)

test('what was taken stays as it was, and a part that is taken back is not in it', () => {
  const tape = new TapeBytes()
  tape.push(1)
  const { length } = tape
  tape.push('a part')
  tape.cutTo(length)
  tape.push(2)
  const taken = tape.take()
  expect(tape.length).toBe(0)
  for (let nth = 0; nth < 100_000; nth += 1) tape.push(nth)
  expect(valuesIn(taken)).toEqual([1, 2])
  expect(valuesIn(tape.take())).toHaveLength(100_000)
})
