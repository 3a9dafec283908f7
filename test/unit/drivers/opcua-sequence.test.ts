import { expect, test } from 'vitest'
import { Sequence } from '../../../src/drivers/opcua/subscription/sequence.ts'

/** `5` is a message with values, `k6` a keep-alive. */
function after(...received: readonly string[]): Sequence {
  const sequence = new Sequence()
  for (const text of received) sequence.received(Number(text.replace('k', '')), text.startsWith('k'))
  return sequence
}

test('a keep-alive is no message that was received', () => {
  expect(after('1', 'k2', 'k2').expected).toBe(2)
  expect(after('1', 'k2').leftOut(2)).toBeUndefined()
  expect(after('1', 'k2').leftOut(4)).toEqual({ from: 2, to: 3 })
})

test('nothing was received before the first message', () => {
  expect(after().expected).toBe(1)
  expect(after().leftOut(1)).toBeUndefined()
  expect(after('k1').expected).toBe(1)
})

test('the number after the highest one is 1', () => {
  expect(after('4294967295').expected).toBe(1)
})

test('a server that repeats the last number in its keep-alives leaves nothing out', () => {
  expect(after('1', 'k1', 'k1').leftOut(2)).toBeUndefined()
  expect(after('1', 'k0').leftOut(2)).toBeUndefined()
})

test('a number that a keep-alive used up is no loss while the connection was there', () => {
  expect(after('1', 'k2').isHarmless(3, true)).toBe(true)
  expect(after('1', 'k2').isHarmless(3, false)).toBe(false)
  expect(after('1', 'k2').isHarmless(4, true)).toBe(false)
  expect(after('1').isHarmless(3, true)).toBe(false)
})

test('a server that was seen not to count its keep-alives has lost what it leaves out', () => {
  expect(after('1', 'k2', 'k2').isHarmless(3, true)).toBe(false)
})

test('once it is known that keep-alives are counted, what follows them is expected', () => {
  const sequence = after('1', 'k2')
  expect(sequence.noteCountedKeepAlive()).toBe(true)
  sequence.received(3, true)
  expect(sequence.expected).toBe(4)
  expect(sequence.leftOut(5)).toEqual({ from: 4, to: 4 })
  expect(sequence.noteCountedKeepAlive()).toBe(false)
})
