import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { drained } from '../../../src/runtime/drained.ts'

/** A stream whose reader takes what waits when it is told to. */
function slowStream() {
  let take = () => {}
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => {
      take = done
    },
  })
  return { stream, take: () => take() }
}

test('however many wait for a full stream, it has one listener, and all go on', async () => {
  const { stream, take } = slowStream()
  const isDrained = drained(stream, new AbortController().signal)
  expect(stream.write('much')).toBe(false)
  const waiting = Array.from({ length: 20 }, isDrained)
  expect(stream.listenerCount('drain')).toBe(1)
  expect(stream.listenerCount('error')).toBe(1)
  take()
  await Promise.all(waiting)
  expect(stream.listenerCount('drain')).toBe(0)
})

test('a stream that is full again is waited for again', async () => {
  const { stream, take } = slowStream()
  const isDrained = drained(stream, new AbortController().signal)
  for (let times = 0; times < 2; times++) {
    stream.write('much')
    const waiting = isDrained()
    take()
    await waiting
  }
})

test('a stop ends the waiting', async () => {
  const stop = new AbortController()
  const { stream } = slowStream()
  const isDrained = drained(stream, stop.signal)
  stream.write('much')
  const waiting = isDrained()
  stop.abort()
  await waiting
})
