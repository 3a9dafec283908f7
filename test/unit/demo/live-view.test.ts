import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import type { StatusReport } from '../../../src/console/report.ts'
import type { TimedReport } from '../../../src/demo/gateway-watch.ts'
import type { Screen } from '../../../src/demo/screen.ts'
import { changeLines, liveTable } from '../../../src/demo/table.ts'

const SINCE = '2026-01-31T09:00:00.000Z'
const AT_MS = Date.parse(SINCE) + 12_000

test('the table shows machine, status, since when, the reason and what is pending', () => {
  const { printed, screen } = paper({ redraws: true })
  liveTable(screen, 30_000).show(look('down', 'mechanical_failure'), 4_000)
  expect(stripVTControlCharacters(printed.join('')).split('\n')).toEqual([
    '  4 s of 30 s   central connected   3 events pending',
    '',
    '  MACHINE     STATUS        FOR    REASON',
    '  PRESS-07    down          12 s   mechanical_failure',
    '',
  ])
})

test('the table is redrawn in place, and a reason that is over does not read as that of the status', () => {
  const { printed, screen } = paper({ redraws: true })
  const table = liveTable(screen, 30_000)
  table.show(look('down', 'mechanical_failure'), 4_000)
  table.show(look('running', null), 5_000)
  expect(printed[1]?.startsWith('\u001b[4A')).toBe(true)
  expect(stripVTControlCharacters(printed[1] ?? '')).toContain(
    '  PRESS-07    running       12 s   (before: mechanical_failure)',
  )
})

test.each([60, 45, 40])('no line of the table is longer than a terminal of %i columns', (columns) => {
  const { printed, screen } = paper({ redraws: true, columns })
  const table = liveTable(screen, 30_000)
  table.show(look('down', 'a_reason_with_a_name_that_is_longer_than_most'), 4_000)
  table.show(look('running', null), 5_000)
  const lines = stripVTControlCharacters(printed.join('')).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBe(columns)
  expect(lines.some((line) => line.endsWith('...'))).toBe(true)
})

test('without a terminal each change is one line, said once, in the order of the stamps, whose zone is said', () => {
  const { printed, screen } = paper({})
  const view = changeLines(screen)
  view.show(look('down', 'mechanical_failure'), 4_000)
  view.show(look('down', 'mechanical_failure'), 5_000)
  view.show(look('running', null), 6_000)
  expect(printed).toEqual([
    'Times are UTC.\n',
    '09:00:12.000  PRESS-07   down (mechanical_failure), since 09:00:00.000\n',
    '09:00:12.000  PRESS-07   running, since 09:00:00.000\n',
  ])
})

test('a terminal shows the times of its own zone', () => {
  const { printed, screen } = paper({ timeZone: 'Europe/Rome' })
  changeLines(screen).show(look('running', null), 4_000)
  expect(printed).toEqual(['Times are CET.\n', '10:00:12.000  PRESS-07   running, since 10:00:00.000\n'])
})

function paper(screen: Partial<Screen>): { readonly printed: string[]; readonly screen: Screen } {
  const printed: string[] = []
  const out = (text: string) => void printed.push(text)
  return { printed, screen: { out, redraws: false, columns: undefined, timeZone: 'UTC', ...screen } }
}

function look(status: string, reason: string | null): TimedReport {
  const machine = {
    machine: 'PRESS-07',
    status,
    since: SINCE,
    reason,
    work_order: null,
    operator: null,
    declared: null,
    shift: null,
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
    configuration: {
      kind: 'files',
      from: 'devices',
      release: null,
      signer: null,
      since: null,
      checked_at: null,
    },
    passed_over: [],
    scanners: [],
    masterdata: null,
  }
  return { atMs: AT_MS, report }
}
