import { existsSync, globSync } from 'node:fs'
import { relative } from 'node:path'
import { expect, test } from 'vitest'
import { COMPUTING, mixed, WAITING } from '../order.ts'

const ALL = globSync('test/**/*.test.ts').map((file) => relative('test', file).replace(/\.test\.ts$/, ''))

test('the order keeps each file, once', () => {
  for (const workers of [1, 2, 3, 8]) {
    const order = mixed(ALL, workers)
    expect(order).toHaveLength(ALL.length)
    expect(new Set(order)).toEqual(new Set(ALL))
  }
})

test('one file that computes begins at once, the next when it has ended, and none is left for the end', () => {
  const order = mixed(ALL, 3)
  const places = Object.keys(COMPUTING).map((name) => order.indexOf(name))
  expect(Math.min(...places)).toBe(0)
  expect(Math.max(...places)).toBeLessThan(ALL.length / 2)
  const inOrder = places.toSorted((a, b) => a - b)
  for (const [nth, place] of inOrder.slice(1).entries())
    expect(place - (inOrder[nth] ?? 0)).toBeGreaterThan(1)
})

test('a part of the files is put in order too', () => {
  expect(mixed([], 3)).toEqual([])
  expect(mixed(['unit/order'], 3)).toEqual(['unit/order'])
  const computing = Object.keys(COMPUTING)
  expect(new Set(mixed(computing, 3))).toEqual(new Set(computing))
})

test('the files whose seconds are written down are there', () => {
  const gone = [...Object.keys(COMPUTING), ...Object.keys(WAITING)].filter(
    (name) => !existsSync(`test/${name}.test.ts`),
  )
  expect(gone).toEqual([])
})
