/** On record is for which address a certificate was trusted. What is lost of it must open no other address. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isTrustedAt } from '../../../src/drivers/opcua/trust/known-address.ts'
import { rememberTrust } from '../../../src/drivers/opcua/trust/trusted-before.ts'
import { testFolder } from '../../support/buffer.ts'
import { whileUnread } from '../../support/unread.ts'

const [PRESS, OVEN] = ['opc.tcp://10.0.0.1:4840', 'opc.tcp://10.0.0.2:4840']
const [first, second] = [
  { sha256: 'AA:01', atMs: 1 },
  { sha256: 'BB:02', atMs: 2 },
]

async function trusted() {
  const folder = testFolder()
  mkdirSync(join(folder, 'opcua'))
  await rememberTrust(folder, PRESS, first)
  return { folder, file: join(folder, 'opcua', 'trusted-servers.json') }
}

test('a record that was damaged: who is trusted anew is, and nobody becomes trusted at every address by that', async () => {
  const { folder, file } = await trusted()
  writeFileSync(file, readFileSync(file).subarray(0, 20))
  expect(isTrustedAt(folder, [OVEN], first)).toBe(false)
  await rememberTrust(folder, OVEN, second)
  expect(isTrustedAt(folder, [OVEN], second)).toBe(true)
  expect(isTrustedAt(folder, [OVEN], first)).toBe(false)
  await rememberTrust(folder, PRESS, first)
  expect(isTrustedAt(folder, [PRESS], first)).toBe(true)
})

test('one that cannot be read for a moment is not begun anew over what it holds, and opens no address', async () => {
  const { folder, file } = await trusted()
  await whileUnread(file, async () => {
    expect(isTrustedAt(folder, [OVEN], first)).toBe(false)
    await expect(rememberTrust(folder, OVEN, second)).rejects.toThrow('ELOOP')
  })
  await rememberTrust(folder, OVEN, second)
  expect(isTrustedAt(folder, [PRESS], first)).toBe(true)
  expect(isTrustedAt(folder, [OVEN], second)).toBe(true)
})
