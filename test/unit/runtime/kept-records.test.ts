import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RecordKeeper, readRecords } from '../../../src/runtime/kept-records.ts'
import { testFolder } from '../../support/buffer.ts'

const BYTES_MAX = 1_000
const valuesIn = (folder: string) => [...readRecords(folder, BYTES_MAX)].map(({ value }) => value)

test('records are written in the order in which that is asked for, whoever waits for which', async () => {
  const folder = join(testFolder(), 'records')
  const keeper = new RecordKeeper(folder)
  const first = keeper.keep('a', { version: 1 })
  const others = [keeper.keep('a', { version: 2 }), keeper.keep('b', { version: 1 }), keeper.forget('b')]
  await first
  expect(valuesIn(folder).length).toBeGreaterThan(0)
  await Promise.all(others)
  expect(valuesIn(folder)).toEqual([{ version: 2 }])
})

test('a record is what it was when it was handed over', async () => {
  const folder = testFolder()
  const record = { version: 1 }
  const kept = new RecordKeeper(folder).keep('a', record)
  record.version = 2
  await kept
  expect(valuesIn(folder)).toEqual([{ version: 1 }])
})

test('one that cannot be written holds up no other, and one that is damaged is found as such', async () => {
  const folder = testFolder()
  const keeper = new RecordKeeper(folder)
  const failing = keeper.keep('no/such/folder', {})
  const kept = keeper.keep('a', { version: 1 })
  await expect(failing).rejects.toThrow('ENOENT')
  await kept
  writeFileSync(join(folder, 'b.json'), '{"version":')
  mkdirSync(join(folder, 'c.json'))
  await keeper.forget('never-kept')
  expect(valuesIn(folder)).toEqual([{ version: 1 }, undefined, undefined])
  expect(readdirSync(folder)).toEqual(['a.json', 'b.json', 'c.json'])
})
