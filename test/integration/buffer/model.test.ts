import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import { CENTRAL, FEED, PLANT, storedNumbers, testOutbox } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

/** The outbox as a list in memory: what the real one must look like from outside. */
interface Model {
  readonly numbers: number[]
  readonly acked: Map<string, number>
}

type Step = fc.AsyncCommand<Model, BufferOutbox>

const CONSUMERS = [CENTRAL, PLANT, FEED]
const consumer = fc.constantFrom(...CONSUMERS.map(({ name }) => name))

/** A command that is always possible. */
function step(name: string, run: (model: Model, outbox: BufferOutbox) => Promise<void>): Step {
  return { check: () => true, run, toString: () => name }
}

const append = fc.integer({ min: 1, max: 40 }).map((count) =>
  step(`append ${count}`, async ({ numbers }, outbox) => {
    const added = Array.from({ length: count }, (_, index) => numbers.length + index)
    numbers.push(...added)
    await Promise.all(added.map((number) => outbox.append(entry(number))))
  }),
)

const acknowledge = fc.tuple(consumer, fc.nat({ max: 60 })).map(([name, ahead]) =>
  step(`acknowledge ${name} +${ahead}`, async ({ numbers, acked }, outbox) => {
    const seq = Math.min((acked.get(name) ?? 0) + ahead, numbers.length)
    acked.set(name, seq)
    await outbox.acknowledge(name, seq)
  }),
)

const rewind = fc.tuple(consumer, fc.nat({ max: 30 })).map(([name, back]) =>
  step(`rewind ${name} -${back}`, async ({ acked }, outbox) => {
    const seq = Math.max((acked.get(name) ?? 0) - back, 0)
    acked.set(name, seq)
    await outbox.rewind(name, seq)
  }),
)

const read = fc.tuple(fc.nat({ max: 100 }), fc.integer({ min: 1, max: 20 })).map(([after, limit]) =>
  step(`read ${limit} after ${after}`, async ({ numbers }, outbox) => {
    const seqs = (await outbox.read(after, limit)).map(({ seq }) => seq)
    const expected = numbers.slice(after, after + limit).map((_, index) => after + index + 1)
    expect(seqs).toEqual(expected)
  }),
)

it('behaves like a list in memory, whatever is asked of it in whatever order', async () => {
  const commands = fc.commands([append, acknowledge, rewind, read], { maxCommands: 25 })
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
      const real = await testOutbox({ consumers: CONSUMERS })
      const model: Model = { numbers: [], acked: new Map() }
      await fc.asyncModelRun(() => ({ model, real }), steps)
      await compare(model, real)
      await real[Symbol.asyncDispose]()
    }),
    { numRuns: 25 },
  )
})

async function compare({ numbers, acked }: Model, outbox: BufferOutbox): Promise<void> {
  expect(await storedNumbers(outbox)).toEqual(numbers)
  for (const [name, seq] of acked) expect((await outbox.cursor(name)).seq).toBe(seq)
  const last = numbers.at(-1)
  expect(await outbox.states()).toEqual(last === undefined ? {} : { 'machine:PRESS-04': { count: last } })
  const waiting = (name: string) => numbers.length - (acked.get(name) ?? 0)
  const stats = await outbox.stats()
  expect(stats.pending).toBe(Math.max(waiting('central'), waiting('plant')))
  expect(stats.consumers.map(({ name, pending, missed }) => [name, pending, missed])).toEqual(
    CONSUMERS.map(({ name }) => [name, waiting(name), 0]),
  )
  expect(await outbox.verifyChain()).toBeNull()
}
