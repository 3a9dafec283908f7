import { expect, it } from 'vitest'
import type { Clock } from '../../../src/runtime/clock.ts'
import { type GaveUp, within } from '../../../src/runtime/within.ts'

/** A clock that stands still until it is moved on. */
function handClock() {
  const waiting = new Map<() => void, number>()
  let nowMs = 0
  const after: Clock['after'] = (ms, callback) => {
    waiting.set(callback, nowMs + ms)
    return () => void waiting.delete(callback)
  }
  const moveOn = (ms: number) => {
    nowMs += ms
    for (const [callback, dueMs] of [...waiting]) if (dueMs <= nowMs) callback()
  }
  return { after, moveOn, waiting }
}

const never = new Promise<string>(() => {})
const orFail = (why: GaveUp): never => {
  throw new Error(`gave up: ${why}`)
}

it('gives the outcome of what settles in time, good or bad, and leaves nothing behind', async () => {
  const clock = handClock()
  const { signal } = new AbortController()
  expect(await within(Promise.resolve('done'), { clock, maxMs: 100, signal }, orFail)).toBe('done')
  const failing = within(Promise.reject(new Error('broken')), { clock, maxMs: 100, signal }, orFail)
  await expect(failing).rejects.toThrow('broken')
  expect(clock.waiting.size).toBe(0)
})

it('ends when the time is over, with an error or with a value instead', async () => {
  const clock = handClock()
  const failed = expect(within(never, { clock, maxMs: 100 }, orFail)).rejects.toThrow('gave up: late')
  const replaced = within(never, { clock, maxMs: 100 }, (why) => why)
  clock.moveOn(100)
  await failed
  expect(await replaced).toBe('late')
})

it('ends with the abort, also when that was before the call', async () => {
  const clock = handClock()
  const stop = new AbortController()
  const waiting = within(never, { clock, signal: stop.signal }, (why) => why)
  stop.abort()
  expect(await waiting).toBe('aborted')
  expect(await within(never, { clock, signal: stop.signal }, (why) => why)).toBe('aborted')
})

it('lets an operation have its grace after the abort', async () => {
  const clock = handClock()
  const stop = new AbortController()
  const operation = Promise.withResolvers<string>()
  const bounds = { clock, maxMs: 10_000, signal: stop.signal, graceMs: () => 50 }
  const inTime = within(operation.promise, bounds, (why) => why)
  const tooLate = within(never, bounds, (why) => why)
  stop.abort()
  clock.moveOn(49)
  operation.resolve('just in time')
  expect(await inTime).toBe('just in time')
  clock.moveOn(1)
  expect(await tooLate).toBe('aborted')
})

it('ignores what becomes of an operation that was given up', async () => {
  const clock = handClock()
  const operation = Promise.withResolvers<string>()
  const waiting = within(operation.promise, { clock, maxMs: 1 }, (why) => why)
  clock.moveOn(1)
  expect(await waiting).toBe('late')
  operation.reject(new Error('nobody hears this'))
})
