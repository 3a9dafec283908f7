import { describe, expect, test } from 'vitest'
import { createStopBudget, STOP_MAX_MS, type StopStage } from '../../../src/runtime/budget.ts'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'

const STAGES: readonly StopStage[] = [
  'devices',
  'derivation',
  'last push',
  'console',
  'batch in flight',
  'goodbye',
  'uploader',
  'last commits',
  'log file',
  'exit',
]
const NEVER = new Promise<never>(() => {})

function budgeted() {
  const time = createVirtualTime(createRandom(1))
  const abort = new AbortController()
  const unfinished = new Set<string>()
  return { time, abort, unfinished, budget: createStopBudget(abort.signal, time, unfinished) }
}

describe('the stop budget', () => {
  test('names a stage of which something was left behind, though the next thing in it ended', async () => {
    const { time, abort, unfinished, budget } = budgeted()
    abort.abort()
    const leaving = budget.within('devices', NEVER).then(() => budget.within('devices', Promise.resolve()))
    await time.runUntil(60_000)
    await leaving
    expect([...unfinished]).toEqual(['devices'])
  })

  // Bound: STOP_MAX_MS
  test('is never exceeded, though no stage ever ends, and each gets some of it', async () => {
    const { time, abort, unfinished, budget } = budgeted()
    await time.runUntil(60_000)
    abort.abort()
    const took: number[] = []
    const stopping = (async () => {
      for (const stage of STAGES) {
        const beganMs = time.now().monoMs
        await budget.within(stage, NEVER)
        took.push(time.now().monoMs - beganMs)
      }
    })()
    await time.runUntil(200_000, () => took.length === STAGES.length)
    await stopping
    expect(took.reduce((sum, ms) => sum + ms)).toBe(STOP_MAX_MS)
    expect(Math.min(...took)).toBeGreaterThanOrEqual(100)
    expect([...unfinished]).toEqual(STAGES)
  })

  test('gives a stage what those before it left over', async () => {
    const { abort, unfinished, budget } = budgeted()
    abort.abort()
    const alone = budget.leftMs('last push')
    expect(await budget.within('devices', Promise.resolve())).toBe(true)
    expect(budget.leftMs('last push')).toBe(alone)
    expect(alone).toBeGreaterThan(2_500)
    expect([...unfinished]).toEqual([])
  })

  test('runs from the first question on where nobody asked for a stop', async () => {
    const { time, budget } = budgeted()
    await time.runUntil(60_000)
    expect(budget.leftMs('exit')).toBe(STOP_MAX_MS)
    await time.runUntil(61_000)
    expect(budget.leftMs('exit')).toBe(STOP_MAX_MS - 1_000)
    await time.runUntil(90_000)
    expect(budget.leftMs('exit')).toBe(0)
  })

  test('hands on a failure that comes in time, and swallows one that comes too late', async () => {
    const { time, abort, budget } = budgeted()
    abort.abort()
    await expect(budget.within('devices', Promise.reject(new Error('early')))).rejects.toThrow('early')
    const late = Promise.withResolvers<void>()
    const waiting = budget.within('devices', late.promise)
    await time.runUntil(10_000)
    expect(await waiting).toBe(false)
    late.reject(new Error('late'))
  })
})
