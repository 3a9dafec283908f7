import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../support/buffer.ts'
import { logFaults } from './log-lines.ts'

function judged(...lines: readonly (readonly [seconds: number, fields: object])[]): readonly string[] {
  const file = join(testFolder(), 'gateway.log')
  const texts = lines.map(([seconds, fields]) =>
    JSON.stringify({ level: 40, time: new Date(seconds * 1_000).toISOString(), msg: 'is lost', ...fields }),
  )
  writeFileSync(file, `${texts.join('\n')}\n{"level":40,"ti`)
  return logFaults(file)
}

test('a trouble that is logged twice within a minute is found, whatever numbers its words hold', () => {
  expect(judged([0, { msg: 'lost after 3 ms' }], [30, { msg: 'lost after 4 ms' }])).toHaveLength(1)
  expect(judged([0, {}], [60, {}])).toEqual([])
})

test('other devices, other processes and other levels are no repeats', () => {
  expect(judged([0, { device: 'A' }], [1, { device: 'B' }])).toEqual([])
  expect(judged([0, {}], [1, { level: 30, msg: 'starting' }], [2, {}])).toEqual([])
  expect(judged([0, {}], [1, { level: 30 }])).toEqual([])
})
