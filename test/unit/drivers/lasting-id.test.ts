import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lastingId } from '../../../src/drivers/shared/brokers/lasting-id.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'millrace-id-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

test('a gateway is known by the same id after each start, and another one in the same place of another computer by its own', () => {
  const [here, elsewhere] = [join(folder(), 'drivers'), join(folder(), 'drivers')]
  const id = lastingId(here)
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(lastingId(here)).toBe(id)
  expect(lastingId(elsewhere)).not.toBe(id)
})

test('an id that was damaged is made again, and a folder that cannot be made is no fault', () => {
  const here = folder()
  writeFileSync(join(here, 'broker-id'), 'half an i')
  const id = lastingId(here)
  expect(lastingId(here)).toBe(id)
  expect(lastingId(join(here, 'broker-id', 'under a file'))).toMatch(/^[0-9a-f]{32}$/)
})
