import { describe, expect, test } from 'vitest'
import type { Event } from '../../../../src/domain/event.ts'
import { fold } from '../../../../src/routes/mes/fold.ts'

const at = '2026-01-31T09:00:00.000Z'
const later = '2026-01-31T09:10:00.000Z'

const opened = (machine: string, changedAt: string): Event => ({
  kind: 'status.opened',
  machine,
  changedAt,
  previousStatus: null,
  status: 'running',
  reason: null,
  workOrder: null,
  notes: 'opened',
})
const amended = (machine: string, changedAt: string, durationMinutes: number): Event => ({
  kind: 'status.amended',
  machine,
  changedAt,
  durationMinutes,
  reason: 'LATE',
  workOrder: 'WO-1001',
  notes: 'amended',
})

describe('folding events into rows', () => {
  test('a row opened and amended in one run is inserted once, with its last values', () => {
    const { status } = fold([opened('A', at), amended('A', at, 1), amended('A', at, 2)])
    expect(status.amendments).toEqual([])
    expect(status.rows).toEqual([
      expect.objectContaining({
        machine: 'A',
        status: 'running',
        durationMinutes: 2,
        reason: 'LATE',
        notes: 'amended',
      }),
    ])
  })

  test('a row opened earlier is updated once, with the last amendment', () => {
    const { status } = fold([amended('A', at, 1), amended('A', at, 2)])
    expect(status.rows).toEqual([])
    expect(status.amendments).toEqual([expect.objectContaining({ durationMinutes: 2 })])
  })

  test('rows of other machines and other times are kept apart, in the order in which they were opened', () => {
    const { status } = fold([opened('B', at), opened('A', later), amended('B', at, 3), opened('A', at)])
    expect(
      status.rows.map(({ machine, changedAt, durationMinutes }) => [machine, changedAt, durationMinutes]),
    ).toEqual([
      ['B', at, 3],
      ['A', later, null],
      ['A', at, null],
    ])
  })

  test('a downtime that began and ended in one run is one row with its end', () => {
    const stop = { machine: 'A', startedAt: at, category: null, workOrder: null, notes: '' }
    const { downtime, status } = fold([
      { ...stop, kind: 'downtime.opened', reason: 'unassigned' },
      { ...stop, kind: 'downtime.amended', reason: 'JAM', endedAt: later, durationMinutes: 10 },
    ])
    expect(status.rows).toEqual([])
    expect(downtime.rows).toEqual([
      expect.objectContaining({ reason: 'JAM', endedAt: later, durationMinutes: 10 }),
    ])
  })
})
