import { describe, expect, test } from 'vitest'
import type { Event } from '../../../../src/domain/events/event.ts'
import { fold } from '../../../../src/routes/mes/fold.ts'
import { downtimeEvents } from '../../../../src/routes/mes/tables/downtime-events.ts'
import { statusHistory } from '../../../../src/routes/mes/tables/status-history.ts'
import { amended, downtime, downtimeAmended, minutes, opened } from '../../../support/central-events.ts'

const at = '2026-01-31T09:00:00.000Z'
const later = '2026-01-31T09:10:00.000Z'
const begun = (machine: string, at: string) => opened({ subject: `machine:${machine}`, at })
const ended = (machine: string, at: string, count: number) =>
  amended({ subject: `machine:${machine}`, at, reason: 'LATE', workOrder: 'WO-1001', ended: minutes(count) })
const status = (...events: readonly Event[]) => fold(statusHistory, events)
const stops = (...events: readonly Event[]) => fold(downtimeEvents, events)

describe('folding events into rows', () => {
  test('a row opened and amended in one run is inserted once, with its last values', () => {
    const { rows, amendments } = status(begun('A', at), ended('A', at, 1), ended('A', at, 2))
    expect(amendments).toEqual([])
    expect(rows).toEqual([
      expect.objectContaining({
        machine: 'A',
        status: 'running',
        durationMinutes: 2,
        reason: 'LATE',
        notes: 'dur=120.000s',
      }),
    ])
  })

  test('a row opened earlier is updated once, with the last amendment', () => {
    const { rows, amendments } = status(ended('A', at, 1), ended('A', at, 2))
    expect(rows).toEqual([])
    expect(amendments).toEqual([expect.objectContaining({ durationMinutes: 2 })])
  })

  test('rows of other machines and other times are kept apart, in the order in which they were opened', () => {
    const { rows } = status(begun('B', at), begun('A', later), ended('B', at, 3), begun('A', at))
    expect(rows.map((row) => [row.machine, row.at, row.durationMinutes])).toEqual([
      ['B', at, 3],
      ['A', later, null],
      ['A', at, null],
    ])
  })

  test('a downtime that began and ended in one run is one row with its end', () => {
    const events = [downtime(), downtimeAmended({ reason: 'JAM', ended: { at: later, ...minutes(10) } })]
    expect(status(...events).rows).toEqual([])
    expect(stops(...events).rows).toEqual([
      expect.objectContaining({ reason: 'JAM', endedAt: later, durationMinutes: 10 }),
    ])
  })

  test('a stop without a reason is unassigned, because the column may not be empty', () => {
    expect(stops(downtime()).rows).toEqual([
      expect.objectContaining({ reason: 'unassigned', category: null }),
    ])
  })
})
