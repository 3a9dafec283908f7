import { expect, test } from 'vitest'
import { keepLink, type LinkSource } from '../../../src/collector/keep-link.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import { systemClock } from '../../../src/runtime/clock.ts'

/** What one attempt brings: codes, and then a lost link; or no link at all. */
type Attempt = readonly string[] | 'refused'

/** A scanner whose attempts are given beforehand; after the last one it is unplugged for good and the loop is stopped. */
function scanner(attempts: readonly Attempt[], { linkMs = 0 } = {}) {
  const story: string[] = []
  const sleepsMs: number[] = []
  const abort = new AbortController()
  const left = [...attempts]
  const source: LinkSource<string> = {
    name: 'ST-12',
    connect: async () => {
      const attempt = left.shift()
      if (left.length === 0) abort.abort()
      if (attempt === undefined || attempt === 'refused') throw new LinkLost('ST-12: not there')
      return linkOf(attempt, () => {
        monoMs += linkMs
        story.push('closed')
      })
    },
    up: async () => void story.push('up'),
    take: (code) => void story.push(code),
    down: async (fault) => void story.push(fault.message),
  }
  let monoMs = 0
  const clock = {
    ...systemClock,
    now: () => ({ boot: 'boot', wallMs: monoMs, monoMs }),
    sleep: async (ms: number) => void sleepsMs.push(ms),
  }
  const run = () => keepLink(source, { clock, random: () => 1 }, abort.signal)
  return { source, story, sleepsMs, run }
}

function linkOf(codes: readonly string[], closed: () => void) {
  return {
    async *[Symbol.asyncIterator]() {
      yield* codes
      throw new LinkLost('ST-12: unplugged')
    },
    [Symbol.asyncDispose]: async () => closed(),
  }
}

test('is up with the first item, closes a lost link, and connects again', async () => {
  const { run, story } = scanner([['A1', 'B2'], 'refused', ['C3'], 'refused'])
  await run()
  expect(story).toEqual([
    ...['up', 'A1', 'B2', 'closed', 'ST-12: unplugged'],
    'ST-12: not there',
    ...['up', 'C3', 'closed', 'ST-12: unplugged'],
  ])
})

test('a link that yields nothing is never up', async () => {
  const { run, story } = scanner([[], 'refused'])
  await run()
  expect(story).toEqual(['closed', 'ST-12: unplugged'])
})

test('waits longer after each attempt without an answer, never so long that a device that is back is read late', async () => {
  const { run, sleepsMs } = scanner([
    'refused',
    'refused',
    'refused',
    ['A1'],
    'refused',
    'refused',
    'refused',
  ])
  await run()
  expect(sleepsMs).toEqual([500, 900, 900, 500, 500, 900])
  expect(Math.max(...sleepsMs)).toBeLessThan(1_000)
})

test('what has answered is tried again at once', async () => {
  const { run, sleepsMs } = scanner([['A1'], ['B2'], 'refused'], { linkMs: 5_000 })
  await run()
  expect(sleepsMs).toEqual([0, 0])
})

test('an error of who takes the items ends it, and closes the link', async () => {
  const { source, run, story } = scanner([['A1'], 'refused'])
  source.take = () => Promise.reject(new Error('disk on fire'))
  await expect(run()).rejects.toThrow('disk on fire')
  expect(story).toEqual(['up', 'closed'])
})
