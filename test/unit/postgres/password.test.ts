import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { currentPassword } from '../../../src/postgres/password.ts'
import { testFolder } from '../../support/buffer.ts'

const PEER = { name: 'central', where: 'db:5432' }
const isRoot = process.getuid?.() === 0

describe('a password that cannot be had at a login says why, and what to do', () => {
  const passwordFile = () => join(testFolder(), 'password')
  const refused = async (file: string | undefined) =>
    currentPassword(PEER, file === undefined ? {} : { passwordFile: file }).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    )

  it.each([
    ['is missing', () => undefined, 'it does not exist'],
    ['is a folder', (file: string) => mkdirSync(file), 'it is a folder'],
    [
      'is a named pipe that nobody writes to',
      (file: string) => execFileSync('mkfifo', [file]),
      'it is a named pipe',
    ],
    ['is empty', (file: string) => writeFileSync(file, '\n'), 'is empty'],
    ['holds something else', (file: string) => writeFileSync(file, 'x'.repeat(100_000)), 'it is too long'],
  ])('where its file %s', async (_, make, reason) => {
    const file = passwordFile()
    make(file)
    expect(await refused(file)).toMatchObject({
      name: 'DestinationError',
      code: 'central-password',
      refusal: 'wait',
      message: expect.stringContaining(reason),
      hint: expect.stringMatching(/./),
    })
  })

  it.skipIf(isRoot)('where its file is not for this user', async () => {
    const file = passwordFile()
    writeFileSync(file, 'hunter2')
    chmodSync(file, 0)
    expect(await refused(file)).toMatchObject({ message: expect.stringContaining('permission denied') })
  })

  it('where none is configured', async () => {
    expect(await refused(undefined)).toMatchObject({ message: expect.stringContaining('none is configured') })
  })
})
