import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CentralRows, DowntimeRow, HistoryRow } from '../../../src/demo/reconcile/facts.ts'
import { reconcile } from '../../../src/demo/reconcile/reconcile.ts'
import { agrees } from '../../../src/demo/reconcile/report.ts'
import { idealDay, MACHINE, SIGHT, type Stretch } from './ideal-day.ts'

const KINDS: readonly Omit<Stretch, 'lastedMs'>[] = [
  { status: 'running' },
  { status: 'idle' },
  { status: 'down' },
  { status: 'down', reason: 'mechanical_failure' },
  { status: 'setup', reason: 'changeover' },
  { status: 'maintenance' },
]

const stretch: fc.Arbitrary<Stretch> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    lastedMs: fc.integer({ min: 4_000, max: 200_000 }),
    lagMs: fc.integer({ min: 0, max: SIGHT.lateMs }),
  })
  .map(({ kind, ...rest }) => ({ ...kind, ...rest }))

/** A machine never goes from a status into the same one. */
const day = fc
  .array(stretch, { minLength: 4, maxLength: 60 })
  .map((all) => idealDay(all.filter((one, index) => one.status !== all[index - 1]?.status)))
  .filter(({ central }) => central.history.length >= 4)

/** Fractions of the list's length, so that every place is hit in every day. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
/** More than the two clocks of the gateway may drift apart over the longest stretch. */
const shiftMs = fc.integer({ min: 120, max: 100_000 }).chain((ms) => fc.constantFrom(ms, -ms))
const shiftMin = fc.integer({ min: 2, max: 50 }).chain((minutes) => fc.constantFrom(minutes, -minutes))

type Mutate<Row> = (rows: readonly Row[], index: number, row: Row) => readonly Row[]

const onHistory: fc.Arbitrary<Mutate<HistoryRow>> = fc.oneof(
  fc.constant<Mutate<HistoryRow>>((rows, index) => rows.toSpliced(index, 1)),
  fc.constant<Mutate<HistoryRow>>((rows, _, row) => [...rows, { ...row, id: rows.length + 1 }]),
  shiftMs.map(
    (ms): Mutate<HistoryRow> =>
      (rows, index, row) =>
        rows.with(index, { ...row, changedAtMs: row.changedAtMs + ms }),
  ),
  shiftMin.map(
    (minutes): Mutate<HistoryRow> =>
      (rows, index, row) =>
        rows.with(index, { ...row, durationMinutes: (row.durationMinutes ?? 0) + minutes }),
  ),
  fc.constantFrom('available', 'decommissioned').map(
    (status): Mutate<HistoryRow> =>
      (rows, index, row) =>
        rows.with(index, { ...row, status }),
  ),
  fc.constant<Mutate<HistoryRow>>((rows, index, row) => rows.with(index, { ...row, reason: 'quality_hold' })),
  fc.constant<Mutate<HistoryRow>>((rows, index, row) =>
    rows.with(index, { ...row, previousStatus: 'available' }),
  ),
  fc.constant<Mutate<HistoryRow>>((rows, index, row) =>
    rows.with(index, { ...row, durationMinutes: row.durationMinutes === null ? 0 : null }),
  ),
)

const onDowntimes: fc.Arbitrary<Mutate<DowntimeRow>> = fc.oneof(
  fc.constant<Mutate<DowntimeRow>>((rows, index) => rows.toSpliced(index, 1)),
  fc.constant<Mutate<DowntimeRow>>((rows, _, row) => [...rows, { ...row, id: rows.length + 1 }]),
  shiftMs.map(
    (ms): Mutate<DowntimeRow> =>
      (rows, index, row) =>
        rows.with(index, { ...row, startedAtMs: row.startedAtMs + ms }),
  ),
  shiftMs.map(
    (ms): Mutate<DowntimeRow> =>
      (rows, index, row) =>
        rows.with(index, { ...row, endedAtMs: (row.endedAtMs ?? row.startedAtMs) + ms }),
  ),
  fc.constant<Mutate<DowntimeRow>>((rows, index, row) =>
    rows.with(index, { ...row, reason: 'quality_hold' }),
  ),
  fc.constant<Mutate<DowntimeRow>>((rows, index, row) => rows.with(index, { ...row, category: 'process' })),
  fc.constant<Mutate<DowntimeRow>>((rows, index, row) =>
    rows.with(index, { ...row, endedAtMs: row.endedAtMs === null ? row.startedAtMs : null }),
  ),
)

test('every faultless day reconciles', () => {
  fc.assert(fc.property(day, ({ truth, central }) => agrees(judge(truth, central))))
})

test('any single mutation of the history is reported', () => {
  fc.assert(
    fc.property(day, place, onHistory, ({ truth, central }, at, mutate) => {
      const history = mutated(central.history, at, mutate)
      expect(agrees(judge(truth, { ...central, history }))).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('any single mutation of the downtimes is reported', () => {
  fc.assert(
    fc.property(day, place, onDowntimes, ({ truth, central }, at, mutate) => {
      fc.pre(central.downtimes.length > 0)
      const downtimes = mutated(central.downtimes, at, mutate)
      expect(agrees(judge(truth, { ...central, downtimes }))).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('any single thing that happened and is not in central is reported', () => {
  fc.assert(
    fc.property(day, place, ({ truth, central }, at) => {
      const index = Math.floor(at * truth.transitions.length)
      const fewer = { ...truth, transitions: truth.transitions.toSpliced(index, 1) }
      expect(agrees(judge(fewer, central))).toBe(false)
    }),
  )
})

function mutated<Row>(rows: readonly Row[], at: number, mutate: Mutate<Row>): readonly Row[] {
  const index = Math.floor(at * rows.length)
  return mutate(rows, index, rows[index] as Row)
}

function judge(truth: Parameters<typeof reconcile>[0], central: CentralRows) {
  return reconcile(truth, central, { [MACHINE]: SIGHT })
}
