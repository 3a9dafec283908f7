import { expect, test } from 'vitest'
import { readTogether } from '../../../src/runtime/clock.ts'

/** Two clocks of one time, which passes a little with each look, and by so much before the looks with these numbers. */
function clocks(pauses: Readonly<Record<number, number>>) {
  let nowMs = 0
  let look = 0
  const read = (aheadMs: number) => () => {
    look += 1
    nowMs += pauses[look] ?? 0.001
    return nowMs + aheadMs
  }
  return readTogether(read(1_000_000), read(0))
}

const apart = ({ wallMs, monoMs }: { readonly wallMs: number; readonly monoMs: number }) =>
  wallMs - monoMs - 1_000_000

test.each([
  ['before the wall clock', { 2: 70 }],
  ['between the two', { 3: 70 }],
  ['twice', { 2: 70, 4: 6_000 }],
])('both clocks are read at one moment, also where the process is stopped for a while: %s', (_, pauses) => {
  expect(Math.abs(apart(clocks(pauses)))).toBeLessThan(1)
})

test('a computer that never has time gets an answer all the same', () => {
  const always = Object.fromEntries(Array.from({ length: 20 }, (_, look) => [look + 1, 50]))
  expect(Math.abs(apart(clocks(always)))).toBeLessThan(51)
})
