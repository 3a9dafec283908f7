import { expect, test } from 'vitest'
import { isFitter } from '../../../src/drivers/opcua/redundancy/service-level.ts'

test.each([
  [255, 199],
  [200, 199],
  [2, 1],
  [199, 0],
  [150, 120],
])('a server at %i is worth leaving one at %i for', (level, than) => {
  expect(isFitter(level, than)).toBe(true)
})

test.each([
  [125, 120],
  [120, 125],
  [120, 255],
  [1, 0],
  [255, 200],
  [120, 120],
])('two servers at %i and %i do not make a device go to and fro', (level, than) => {
  expect(isFitter(level, than)).toBe(false)
})
