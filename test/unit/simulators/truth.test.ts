import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { machineRecord, openTruth } from '../../../simulators/truth.ts'

const NINE = Date.UTC(2026, 0, 31, 9)
const RUNNING = { status: 'running', reason: null, category: null } as const
const DOWN = { status: 'down', reason: 'mechanical_failure', category: 'equipment' } as const
const SETUP = { status: 'setup', reason: 'changeover', category: 'setup' } as const

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-truth-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a status is one line in central’s words, at once in the file', () => {
  const { record, lines } = recorder()
  record.enter(DOWN, NINE, false)
  expect(lines()).toEqual([
    {
      at: '2026-01-31T09:00:00.000Z',
      machine: 'PRESS-07',
      event: 'status',
      status: 'down',
      reason: 'mechanical_failure',
      category: 'equipment',
    },
  ])
})

test('a stop that ends is a downtime from its first to its last moment, and setup is a stop of its own', () => {
  const { record, lines } = recorder()
  record.enter(DOWN, NINE, false)
  record.enter(SETUP, NINE + 5_000, false)
  record.enter(RUNNING, NINE + 9_500, false)
  const downtimes = lines().filter(({ event }) => event === 'downtime')
  expect(downtimes.map(({ reason, started_at, ended_at }) => [reason, started_at, ended_at])).toEqual([
    ['mechanical_failure', '2026-01-31T09:00:00.000Z', '2026-01-31T09:00:05.000Z'],
    ['changeover', '2026-01-31T09:00:05.000Z', '2026-01-31T09:00:09.500Z'],
  ])
})

test('a micro stop is no downtime', () => {
  const { record, lines } = recorder(2_000)
  record.enter(DOWN, NINE, false)
  record.enter(RUNNING, NINE + 1_999, false)
  expect(lines().map(({ event }) => event)).toEqual(['status', 'status'])
})

test('a change that a fault hid is marked, and a fault says how long it lasts', () => {
  const { record, lines } = recorder()
  record.fault('freeze', NINE, NINE + 5_000)
  record.enter(RUNNING, NINE + 1, true)
  expect(lines()).toMatchObject([
    { event: 'fault', fault: 'freeze', until: '2026-01-31T09:00:05.000Z' },
    { event: 'status', hidden: true },
  ])
})

function recorder(microStopBelowMs = 0) {
  const file = join(folder, 'truth.ndjson')
  const record = machineRecord(openTruth(file), 'PRESS-07', { microStopBelowMs })
  const lines = () => {
    const text = readFileSync(file, 'utf8').trimEnd()
    return text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  }
  return { record, lines }
}
