import { expect, test } from 'vitest'
import { ReadingQueue } from '../../../src/drivers/shared/reading-queue.ts'
import { START_MS } from '../../support/entries.ts'

const at = { boot: 'boot', wallMs: START_MS, monoMs: 0 }
const reading = { at, completeTo: at, samples: [] }

// Bound: READINGS_MAX
test('a device of which 10,000 readings wait ends its link, and none of those is dropped', async () => {
  const queue = new ReadingQueue()
  for (let count = 0; count < 10_000; count += 1) queue.push(reading)
  expect(queue.isEnded).toBe(false)
  for (let count = 0; count < 5; count += 1) queue.push(reading)
  expect(queue.length).toBe(10_000)
  let taken = 0
  const takeAll = async () => {
    for await (const _ of queue.items()) taken += 1
  }
  await expect(takeAll()).rejects.toMatchObject({ code: 'link-overrun' })
  expect(taken).toBe(10_000)
})
