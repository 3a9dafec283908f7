import { expect, test } from 'vitest'
import { ItemQueue } from '../../../src/scanners/item-queue.ts'

// Bound: ITEMS_MAX
test('a port of which 256 scans wait is held back until all of them are taken', async () => {
  const queue = new ItemQueue()
  const held: boolean[] = []
  queue.holdBack({ hold: (isHeld) => held.push(isHeld) })
  const item = {} as Parameters<ItemQueue['push']>[0]
  for (let count = 0; count < 255; count += 1) queue.push(item)
  expect(held).toEqual([])
  queue.push(item)
  queue.push(item)
  expect(held).toEqual([true])
  let taken = 0
  for await (const _ of queue.items()) {
    taken += 1
    if (taken === 256) expect(held).toEqual([true])
    if (taken === 257) break
  }
  expect(held).toEqual([true, false])
})
