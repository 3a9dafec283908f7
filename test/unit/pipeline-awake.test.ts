import { expect, test } from 'vitest'
import { machineOwner } from '../../src/domain/owner.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { createLog } from '../../src/runtime/log.ts'
import { START_MS } from '../support/play.ts'

async function beating() {
  let monoMs = 1_000
  const outbox = { states: () => Promise.resolve({}), append: () => Promise.resolve(), uncommitted: 0 }
  const pipeline = await createPipeline({
    outbox: outbox as unknown as Parameters<typeof createPipeline>[0]['outbox'],
    clock: {
      now: () => ({ boot: 'boot', wallMs: START_MS + monoMs, monoMs }),
      sleep: async () => {},
      after: () => () => {},
    },
    log: createLog('silent'),
  })
  const goTo = (ms: number) => {
    monoMs = ms
  }
  const beat = (ms: number) => {
    goTo(ms)
    pipeline.beat()
  }
  return { pipeline, goTo, beat }
}

test('a gateway whose beats come in time is awake since the first of them', async () => {
  const { pipeline, goTo, beat } = await beating()
  beat(2_000)
  for (const ms of [3_000, 4_100, 6_500]) beat(ms)
  goTo(8_000)
  expect(pipeline.awakeSince().monoMs).toBe(2_000)
})

test('a gateway that stood still is awake since now, until it beats again', async () => {
  const { pipeline, goTo, beat } = await beating()
  beat(2_000)
  goTo(6_000)
  expect(pipeline.awakeSince().monoMs).toBe(6_000)
  beat(6_010)
  goTo(8_000)
  expect(pipeline.awakeSince().monoMs).toBe(6_010)
})

test.each(['a beat', 'a reading'] as const)(
  'so is one that stood still for long, where %s comes first',
  async (first) => {
    const { pipeline, goTo, beat } = await beating()
    beat(2_000)
    goTo(14_000)
    if (first === 'a reading') pipeline.deliver({ kind: 'reading', subject: machineOwner('PRESS-07') })
    beat(14_010)
    goTo(15_000)
    expect(pipeline.awakeSince().monoMs).toBeGreaterThanOrEqual(14_000)
  },
)
