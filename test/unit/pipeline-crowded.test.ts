import { expect, test } from 'vitest'
import { machineOwner } from '../../src/domain/owner.ts'
import type { Subject } from '../../src/domain/subject.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { createLog } from '../../src/runtime/log.ts'
import { opened } from '../support/central-events.ts'
import { START_MS } from '../support/play.ts'

const at = { boot: 'boot', wallMs: START_MS, monoMs: 1_000 }
const owner = machineOwner('CNC-01')

/** Each message is an event. */
const subject: Subject = {
  owner,
  state: {},
  wakeAtMs: undefined,
  take: () => ({ events: [opened()], state: {} }),
  checkpoint: () => undefined,
  health: () => ({ summary: {}, troubles: [] }),
  retire: () => ({ events: [] }),
}

// Bound: UNCOMMITTED_MAX
test('sources wait once more than 10,000 entries wait for the disk, and go on when there are fewer', async () => {
  let uncommitted = 0
  const outbox = {
    states: () => Promise.resolve({}),
    append: () => Promise.resolve(),
    get uncommitted() {
      return uncommitted
    },
  }
  const clock = { now: () => at, sleep: async () => {}, after: () => () => {} }
  const pipeline = await createPipeline({
    outbox: outbox as unknown as Parameters<typeof createPipeline>[0]['outbox'],
    clock,
    log: createLog('silent'),
  })
  pipeline.put(owner, () => subject)
  const reading = { at, completeTo: at, samples: [] }
  const isCrowded = (waiting: number) => {
    uncommitted = waiting
    return pipeline.deliver({ kind: 'reading', device: 'CNC-01', subject: owner, reading }).crowded
  }
  expect([9_999, 10_000, 10_001, 20_000, 9_000].map(isCrowded)).toEqual([false, false, true, true, false])
})
