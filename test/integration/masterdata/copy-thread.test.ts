import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CopyLink } from '../../../src/masterdata/copy-link.ts'
import { testFolder } from '../../support/buffer.ts'

/** Its answer is a function, which cannot be sent to another thread: the thread that tries ends. */
const ENDS_THE_THREAD = ['__lookupGetter__', '__proto__'] as unknown as ['holderOf', string]

test('a badge that is asked for just after the thread of the copy broke down gets its answer from the next thread', async () => {
  await using link = new CopyLink({ file: join(testFolder(), 'masterdata.db'), whose: ['plant'] })
  const broken = link.call(...ENDS_THE_THREAD)
  await expect(broken).rejects.toThrow('the thread of the master data has ended')
  const unknown = { kind: 'unknown' }
  expect(await link.call('holderOf', 'aa')).toEqual(unknown)
  expect(await link.call('holderOf', 'bb')).toEqual(unknown)
})
