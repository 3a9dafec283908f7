import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Losses } from '../../../src/buffer/file/losses.ts'
import { openBufferFile } from '../../../src/buffer/file/schema.ts'
import { testFolder, testOutbox } from '../../support/buffer.ts'

const LOST = {
  incarnation: 'the-damaged-one',
  firstSeq: 4,
  lastSeq: 9,
  damage: 'a page is torn',
  atMs: 1_000,
}

it('names what was lost with a damaged log until central has been told, also after a restart', async () => {
  const file = join(testFolder(), 'outbox.db')
  const db = openBufferFile(file)
  new Losses(db).add(LOST)
  new Losses(db).add({ ...LOST, incarnation: null, firstSeq: 20, lastSeq: 20 })
  db.close()

  const outbox = await testOutbox({ file })
  const losses = await outbox.losses()
  expect(losses).toEqual([
    { id: 1, ...LOST },
    { id: 2, ...LOST, incarnation: null, firstSeq: 20, lastSeq: 20 },
  ])
  await outbox.lossesTold([1])
  await outbox[Symbol.asyncDispose]()
  expect((await (await testOutbox({ file })).losses()).map(({ id }) => id)).toEqual([2])
})
