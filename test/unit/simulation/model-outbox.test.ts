import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { outboxContract } from '../../contract/outbox.contract.ts'
import { createModelLog } from '../../simulation/model-outbox.ts'
import { CENTRAL, FEED, PLANT } from '../../support/buffer.ts'
import { openedEvent } from '../../support/entries.ts'

const atOnce = () => Promise.resolve()
const identity = () => ({ incarnation: randomUUID(), epoch: 1 })

outboxContract('the model of the simulation', async (consumers) =>
  createModelLog(identity(), [], 0, consumers).outbox(atOnce),
)

it('removes what the slowest that must deliver has acknowledged, and passes a best-effort consumer over it', async () => {
  const log = createModelLog(identity(), [], 0, [CENTRAL, PLANT, FEED])
  const outbox = log.outbox(atOnce)
  log.append([1, 2, 3, 4, 5].map((number) => openedEvent(number)))
  await outbox.acknowledge('central', 5)
  await outbox.acknowledge('plant', 3)
  log.purge(0)
  expect(await outbox.oldestKept()).toBe(4)
  expect((await outbox.cursor('feed')).seq).toBe(3)
  expect((await outbox.stats()).consumers.map(({ name, missed }) => [name, missed])).toEqual([
    ['central', 0],
    ['plant', 0],
    ['feed', 3],
  ])
})
