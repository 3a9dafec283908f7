import { expect, test } from 'vitest'
import { newestRows } from '../../../src/demo/newest-rows.ts'
import type { CentralRows, HistoryRow } from '../../../src/demo/reconcile/facts.ts'

const AT_MS = Date.parse('2026-01-31T09:00:00.000Z')

function history(id: number, status: string, reason: string | null): HistoryRow {
  const atMs = AT_MS + id * 1_000
  const rest = { workOrder: null, durationMinutes: null, notes: '' }
  return { id, machine: 'PRESS-07', changedAtMs: atMs, previousStatus: 'idle', status, reason, ...rest }
}

const ROWS: CentralRows = {
  history: [history(1, 'setup', 'changeover'), ...[2, 3, 4].map((id) => history(id, 'running', null))],
  downtimes: [
    {
      id: 7,
      machine: 'PRESS-07',
      startedAtMs: AT_MS,
      endedAtMs: null,
      reason: 'mechanical_failure',
      category: 'equipment',
      durationMinutes: null,
      notes: '',
    },
  ],
  scans: [{ id: 3, atMs: AT_MS + 500, code: 'MAT-100', type: 'label', reference: 'material' }],
}

const screen = (columns?: number) => ({
  out: () => undefined,
  redraws: false,
  columns,
  timeZone: 'Europe/Rome',
})

test('the newest rows of all tables are shown in the names of their columns, newest first', () => {
  expect(newestRows(ROWS, screen(), AT_MS).split('\n')).toEqual([
    'machine_status_history, the newest of 4 rows (CET):',
    '  changed_at    machine   new_status  reason_code  previous_status',
    '  10:00:04.000  PRESS-07  running                  idle',
    '  10:00:03.000  PRESS-07  running                  idle',
    'downtime_events, the newest of 1 rows:',
    '  started_at    ended_at  machine   downtime_reason_code  category',
    '  10:00:00.000  goes on   PRESS-07  mechanical_failure    equipment',
    'qr_code_scans, the newest of 1 rows:',
    '  scanned_at    qr_code_data  scan_type  reference_type',
    '  10:00:00.500  MAT-100       label      material',
    '',
  ])
})

test('on a narrow terminal the last columns are cut', () => {
  const lines = newestRows(ROWS, screen(60), AT_MS)
    .split('\n')
    .filter((line) => line.startsWith(' '))
  expect(Math.max(...lines.map((line) => line.length))).toBe(60)
  expect(lines).toContain('  10:00:00.000  goes on   PRESS-07  mechanical_failure   ...')
})
