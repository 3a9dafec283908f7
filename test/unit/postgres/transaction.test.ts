import type { QueryResult } from 'pg'
import { expect, test } from 'vitest'
import type { Link } from '../../../src/postgres/link.ts'
import { committing } from '../../../src/postgres/transaction.ts'

/** A link over which COMMIT is answered like this; `token` is what was sent with it. */
function linkAnswering(answers: (token: string) => readonly Partial<QueryResult>[]): Link {
  return {
    peer: { name: 'central', where: 'db:5432' },
    script: (text: string) => Promise.resolve(answers(/'([^']+)' AS token/.exec(text)?.[1] ?? '')),
  } as unknown as Link
}

const done = (command: string, token: string) => [{ command }, { command: 'SELECT', rows: [{ token }] }]
const commit = (link: Link) => committing(link, Promise.resolve('landed'))

test('a commit counts once the server says that it is done', async () => {
  expect(await commit(linkAnswering((token) => done('COMMIT', token)))).toBe('landed')
})

test('the answer to an earlier commit that was held up on the way is not believed', async () => {
  const held = linkAnswering(() => done('COMMIT', '00000000-0000-4000-8000-000000000000'))
  await expect(commit(held)).rejects.toMatchObject({ refusal: 'unknown' })
  await expect(commit(linkAnswering(() => [{ command: 'COMMIT' }]))).rejects.toMatchObject({
    refusal: 'unknown',
  })
})

test('a transaction that the server rolled back has not landed', async () => {
  const rolledBack = linkAnswering((token) => done('ROLLBACK', token))
  await expect(commit(rolledBack)).rejects.toMatchObject({ code: 'central-rolled-back', refusal: 'wait' })
})
