import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import type { StatusReport } from '../../../src/console/report.ts'
import type { TimedReport } from '../../../src/demo/gateway-watch.ts'
import { changeLines, liveTable } from '../../../src/demo/table.ts'

const SINCE = '2026-01-31T09:00:00.000Z'
const AT_MS = Date.parse(SINCE) + 12_000

test('the table shows machine, status, since when, the last reason and what is pending', () => {
  const printed: string[] = []
  const table = liveTable((text) => printed.push(text), 30_000)
  table.show(look('down', 'mechanical_failure'), 4_000)
  expect(stripVTControlCharacters(printed.join('')).split('\n')).toEqual([
    '  4 s of 30 s   central connected   3 events pending',
    '',
    '  MACHINE       STATUS          FOR       LAST REASON',
    '  PRESS-07      down            12 s      mechanical_failure',
    '',
  ])
})

test('the table is redrawn in place, and keeps the last reason', () => {
  const printed: string[] = []
  const table = liveTable((text) => printed.push(text), 30_000)
  table.show(look('down', 'mechanical_failure'), 4_000)
  table.show(look('running', null), 5_000)
  expect(printed[1]?.startsWith('\u001b[4A')).toBe(true)
  expect(printed[1]).toContain('mechanical_failure')
})

test('without a terminal each change is one line, said once', () => {
  const printed: string[] = []
  const view = changeLines((text) => printed.push(text))
  view.show(look('down', 'mechanical_failure'), 4_000)
  view.show(look('down', 'mechanical_failure'), 5_000)
  view.show(look('running', null), 6_000)
  expect(printed).toEqual([
    '09:00:00.000  PRESS-07     down (mechanical_failure)\n',
    '09:00:00.000  PRESS-07     running\n',
  ])
})

function look(status: string, reason: string | null): TimedReport {
  const machine = {
    machine: 'PRESS-07',
    status,
    since: SINCE,
    reason,
    work_order: null,
    data_age_s: 0,
    map: null,
  }
  const report: StatusReport = {
    gateway: 'edge-sav-01',
    version: '0.1.0',
    uptime_s: 1,
    healthy: true,
    degraded: [],
    central: { state: 'connected', since: SINCE, last_seq: 4, lag_s: 0, clock_offset_ms: 0 },
    routes: [],
    outbox: { pending: 3, oldest_s: 0, bytes: 1, max_bytes: 2 },
    quarantine: { count: 0, refused: [] },
    machines: [machine],
    devices: [],
    signals: [],
    signals_more: 0,
    passed_over: [],
    scanners: [],
  }
  return { atMs: AT_MS, report }
}
