import { expect, test } from 'vitest'
import { RequestSize } from '../../../src/drivers/opcua/session/request-size.ts'

const LATE = 'Transaction has timed out ( timeout = 5000 ms , request = ReadRequest)'
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** A server that answers each number with its double, and refuses what the predicate says. */
function server(refusal: (part: readonly number[]) => string | undefined, options: { msEach?: number } = {}) {
  const sizes: number[] = []
  let nowMs = 0
  return {
    sizes,
    parts: {
      ask: async (part: readonly number[]) => {
        sizes.push(part.length)
        nowMs += (options.msEach ?? 0) * part.length
        const said = refusal(part)
        if (said !== undefined) throw new Error(said)
        return part.map((number) => number * 2)
      },
      answers: async () => true,
      nowMs: () => nowMs,
    },
  }
}

const doubled = (count: number) => numbers(count).map((number) => number * 2)

test('a request that is refused as too large is halved, and the size is remembered', async () => {
  const size = new RequestSize(100)
  const { sizes, parts } = server((part) => (part.length > 30 ? 'BadTooManyOperations' : undefined))
  expect(await size.each(numbers(100), parts)).toEqual(doubled(100))
  expect(sizes).toEqual([100, 50, 25, 25, 25, 25])
  expect(await size.each(numbers(50), parts)).toEqual(doubled(50))
  expect(sizes.slice(6)).toEqual([25, 25])
})

test('what the server states is not exceeded', async () => {
  const size = new RequestSize(100)
  size.limitTo(0)
  size.limitTo('many')
  size.limitTo(40)
  const { sizes, parts } = server(() => undefined)
  await size.each(numbers(100), parts)
  expect(sizes).toEqual([40, 40, 20])
})

test('a request that is late is halved only while the server answers a small one', async () => {
  const { parts, sizes } = server((part) => (part.length > 25 ? LATE : undefined))
  expect(await new RequestSize(100).each(numbers(100), parts)).toEqual(doubled(100))
  sizes.length = 0
  const dead = { ...parts, answers: async () => false }
  await expect(new RequestSize(100).each(numbers(100), dead)).rejects.toThrow('timed out')
  expect(sizes).toEqual([100])
})

test('a slow answer makes the next request smaller before one is late, down to ten nodes', async () => {
  const { parts, sizes } = server(() => undefined, { msEach: 250 })
  await new RequestSize(80).each(numbers(160), parts)
  expect(sizes.slice(0, 5)).toEqual([80, 40, 20, 10, 10])
  expect(Math.min(...sizes)).toBe(10)
})

test('a node that is refused alone is answered for, and the others go on in large requests', async () => {
  const size = new RequestSize(64)
  const { parts, sizes } = server((part) => (part.includes(7) ? 'BadResponseTooLarge' : undefined))
  const answers = await size.each(numbers(64), { ...parts, alone: () => -1 })
  expect(answers).toEqual(numbers(64).map((number) => (number === 7 ? -1 : number * 2)))
  expect(sizes.at(-1)).toBe(56)
})

test('a single node that is refused is thrown where nothing answers for it', async () => {
  const { parts } = server(() => 'BadTooManyOperations')
  await expect(new RequestSize(4).each(numbers(4), parts)).rejects.toThrow('BadTooManyOperations')
})
