import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { Damage, isUnknownFault, reading, remedyOf, storeFault } from '../../../src/sqlite/store-fault.ts'

function failureOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

function withCode(code: string): Error {
  return Object.assign(new Error('as it is'), { code })
}

const LOG = { name: 'buffer', file: 'outbox.db' }

test.each([
  ['a table that is missing', () => new Database(':memory:').prepare('SELECT * FROM event')],
  ['a text that is no JSON', () => new Database(':memory:').prepare("SELECT '{' ->> 'kind'").get()],
  ['a number in place of a text', () => (7 as unknown as string).replace('a', 'b')],
  ['a state that is no JSON', () => JSON.parse('{"open":')],
])('a reader that meets %s has met damage', (_, work) => {
  const failure = failureOf(() => reading(work))
  expect(failure).toBeInstanceOf(Damage)
  expect(remedyOf(failure)).toBe('replace')
})

test('a code that the message begins with is said once', () => {
  const failure = failureOf(() => readFileSync('/no such file'))
  expect(storeFault(LOG, failure).message).toMatch(/it cannot be opened \(ENOENT: no such file/)
})

test('what the system, the memory or the disk reports is never damage, whoever reads', () => {
  const missing = failureOf(() => reading(() => readFileSync('/no such file')))
  expect(remedyOf(missing)).toBe('reopen')
  const pipe = Object.assign(withCode('EPIPE'), { syscall: 'write' })
  expect(failureOf(() => reading(() => raise(pipe)))).toBe(pipe)
  for (const code of [
    'SQLITE_NOMEM',
    'SQLITE_FULL',
    'SQLITE_IOERR_READ',
    'EMFILE',
    'ESTALE',
    'EFBIG',
    'ENOLCK',
  ]) {
    const failure = failureOf(() => reading(() => raise(withCode(code))))
    expect(failure).not.toBeInstanceOf(Damage)
    expect(storeFault(LOG, failure)).toMatchObject({ retryable: true, hint: expect.any(String) })
  }
})

test('what nobody has thought of is tried again, and known as such', () => {
  const fault = storeFault(LOG, withCode('SQLITE_SOMETHING'))
  expect(fault).toMatchObject({ retryable: true, code: 'buffer-fault' })
  expect(isUnknownFault(fault)).toBe(true)
  expect(isUnknownFault(storeFault(LOG, withCode('SQLITE_FULL')))).toBe(false)
})

function raise(error: Error): never {
  throw error
}
