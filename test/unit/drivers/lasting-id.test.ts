import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lastingId } from '../../../src/drivers/shared/brokers/lasting-id.ts'
import { whileUnread } from '../../support/unread.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'millrace-id-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

test('a gateway is known by the same id after each start, and another one in the same place of another computer by its own', async () => {
  const [here, elsewhere] = [join(folder(), 'drivers'), join(folder(), 'drivers')]
  const id = await lastingId(here)
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(await lastingId(here)).toBe(id)
  expect(await lastingId(elsewhere)).not.toBe(id)
})

test('an id that was damaged is made again, and a folder that cannot be made is no fault', async () => {
  const here = folder()
  writeFileSync(join(here, 'broker-id'), 'half an i')
  const id = await lastingId(here)
  expect(await lastingId(here)).toBe(id)
  expect(await lastingId(join(here, 'broker-id', 'under a file'))).toMatch(/^[0-9a-f]{32}$/)
})

test('devices that ask at the same moment get one id', async () => {
  const here = folder()
  const ids = await Promise.all(Array.from({ length: 5 }, () => lastingId(here)))
  expect(new Set(ids).size).toBe(1)
  expect(await lastingId(here)).toBe(ids[0])
})

test('an id that cannot be read is not made anew over it, and stays the same for this life of the gateway', async () => {
  const here = folder()
  const file = join(here, 'broker-id')
  const id = 'ab'.repeat(16)
  writeFileSync(file, id)
  const meanwhile = await whileUnread(file, async () => [await lastingId(here), await lastingId(here)])
  expect(meanwhile[0]).not.toBe(id)
  expect(new Set([...meanwhile, await lastingId(here)]).size).toBe(1)
  expect(readFileSync(file, 'utf8')).toBe(id)
})
