import { describe, expect, test } from 'vitest'
import type {
  CentralRows,
  DowntimeRow,
  HistoryRow,
  TrueTransition,
} from '../../../src/demo/reconcile/facts.ts'
import { reconcile } from '../../../src/demo/reconcile/reconcile.ts'
import type { Report } from '../../../src/demo/reconcile/report.ts'
import type { Sight, Window } from '../../../src/demo/reconcile/sight.ts'
import { type Day, idealDay, MACHINE, SIGHT, START_MS, type Stretch } from './ideal-day.ts'

const STRETCHES: readonly Stretch[] = [
  { status: 'idle', lastedMs: 10_000 },
  { status: 'running', lastedMs: 95_000, lagMs: 200 },
  { status: 'down', reason: 'mechanical_failure', lastedMs: 40_000, lagMs: 150 },
  { status: 'running', lastedMs: 61_000 },
  { status: 'down', lastedMs: 8_000, lagMs: 400 },
  { status: 'setup', reason: 'changeover', lastedMs: 45_000, lagMs: 900 },
  { status: 'running', lastedMs: 20_000 },
  { status: 'idle', lastedMs: 5_000 },
]
const DAY = idealDay(STRETCHES)

describe('a faultless day', () => {
  test('reconciles with empty lists', () => {
    expect(judge(DAY.central)).toEqual({
      machines: 1,
      truth: { transitions: 8, downtimes: 2, scans: 0 },
      central: { transitions: 8, downtimes: 2, scans: 0 },
      missing: [],
      extra: [],
      duplicates: [],
      wrong: [],
    })
  })

  test('may be split at UTC midnight', () => {
    const midnightMs = Date.parse('2026-02-01T00:00:00.000Z')
    const central = splitRunning(midnightMs)
    expect(defects(judge(central, [], moved(DAY, midnightMs)))).toEqual([])
  })

  test('may be split where the work order changes', () => {
    const pieces = splitAt(3, 10_000, { workOrder: 'WO-7' })
    const central = withHistory(DAY.central, pieces)
    const [begunMs = 0, endedMs = 0] = [pieces[4]?.changedAtMs, pieces[5]?.changedAtMs]
    const order = { machine: MACHINE, workOrder: 'WO-7', answer: 'good' } as const
    const orders = [
      { ...order, atMs: begunMs },
      { ...order, workOrder: null, atMs: endedMs },
    ]
    expect(defects(judge(central, [], { ...DAY, truth: { ...DAY.truth, orders } }))).toEqual([])
  })
})

describe('a single defect in the history is found:', () => {
  const rows = DAY.central.history
  const cases: readonly (readonly [string, readonly HistoryRow[], keyof Report, string])[] = [
    ['a row that is missing', without(rows, 3), 'missing', 'running'],
    ['the last row missing', without(rows, 7), 'missing', 'idle'],
    ['a row twice', [...rows, { ...row(3), id: 99 }], 'duplicates', 'running stands there twice'],
    ['a row that stands too late', change(3, { changedAtMs: row(3).changedAtMs + 1_900 }), 'wrong', '+1.9 s'],
    ['a row that stands too early', change(3, { changedAtMs: row(3).changedAtMs - 700 }), 'wrong', '−0.7 s'],
    [
      'a wrong reason',
      change(2, { reason: 'material_shortage' }),
      'wrong',
      'became down (material_shortage)',
    ],
    ['a micro stop without its name', change(4, { reason: null }), 'wrong', 'down (MICRO_STOP)'],
    ['a wrong status', change(3, { status: 'idle' }), 'wrong', 'running became idle'],
    ['a status that nobody had', invent('maintenance'), 'extra', 'maintenance'],
    ['a status repeated without a cause', splitAt(3, 9_000, {}), 'wrong', 'running again'],
    ['a gap', change(3, { notes: 'dur=60.5s' }), 'wrong', 'leaves a gap of 900 ms'],
    ['an overlap', change(3, { notes: 'dur=62s' }), 'wrong', 'overlaps the next row by 600 ms'],
    ['a row left open', change(3, { notes: '', durationMinutes: null }), 'wrong', 'is still open'],
    ['a last row that is closed', change(7, { notes: 'dur=5s', durationMinutes: 0 }), 'wrong', 'and closed'],
    ['a minute too many', change(3, { durationMinutes: 3 }), 'wrong', 'sum of its minutes'],
    [
      'a wrong previous status',
      change(3, { previousStatus: 'idle' }),
      'wrong',
      'follows down, but says idle',
    ],
    ['rows out of order', change(3, { id: 0 }), 'wrong', 'written before the row that precedes it'],
    [
      'lost sight where nothing hid it',
      change(7, { status: 'available', reason: 'NO_DATA' }),
      'wrong',
      'in sight',
    ],
    [
      'a row of another machine',
      [...rows, { ...row(3), machine: 'LATHE-1' }],
      'extra',
      'not part of this line',
    ],
  ]

  test.each(cases)('%s', (_, history, list, words) => {
    const report = judge({ ...DAY.central, history })
    const found = report[list] as Report['wrong']
    expect(found.map(({ what }) => what).join('\n')).toContain(words)
  })
})

describe('a single defect in the downtimes is found:', () => {
  const rows = DAY.central.downtimes
  const first = rows[0] as DowntimeRow
  const short = { ...first, id: 9, startedAtMs: row(4).changedAtMs, endedAtMs: row(5).changedAtMs, notes: '' }
  const cases: readonly (readonly [string, readonly DowntimeRow[], keyof Report, string])[] = [
    ['one missing', rows.slice(1), 'missing', 'downtime of down (mechanical_failure)'],
    ['one twice', [...rows, { ...first, id: 99 }], 'duplicates', 'stands there twice'],
    ['one for a micro stop', [...rows, short], 'wrong', 'too short'],
    ['one that nobody had', [...rows, { ...first, startedAtMs: START_MS }], 'extra', 'mechanical_failure'],
    ['a wrong reason', [{ ...first, reason: 'unassigned' }], 'wrong', 'the reason was mechanical_failure'],
    ['a wrong category', [{ ...first, category: 'material' }], 'wrong', 'category material, was equipment'],
    ['one left open', [{ ...first, endedAtMs: null, durationMinutes: null }], 'wrong', 'still open'],
    ['a wrong end', [{ ...first, endedAtMs: (first.endedAtMs ?? 0) + 300 }], 'wrong', 'ends 300 ms beside'],
    ['a wrong duration', [{ ...first, durationMinutes: 3 }], 'wrong', 'sum of its minutes'],
  ]

  test.each(cases)('%s', (_, downtimes, list, words) => {
    const found = judge({ ...DAY.central, downtimes })[list] as Report['wrong']
    expect(found.map(({ what }) => what).join('\n')).toContain(words)
  })
})

describe('a stop that is open at the end', () => {
  const open = idealDay([...STRETCHES.slice(0, 2), { status: 'down', lastedMs: 0 }])
  const startedAtMs = open.central.downtimes[0]?.startedAtMs ?? 0
  const stoppedAfter = (ms: number) => [{ fromMs: startedAtMs + ms, toMs: Number.POSITIVE_INFINITY }]

  test('has one open downtime once it has lasted', () => {
    const report = judge(open.central, stoppedAfter(40_000), open)
    expect(defects(report)).toEqual([])
    expect(report.truth.downtimes).toBe(1)
  })

  test('has none while it is a micro stop', () => {
    expect(defects(judge({ ...open.central, downtimes: [] }, stoppedAfter(10_000), open))).toEqual([])
    expect(defects(judge(open.central, stoppedAfter(10_000), open))).not.toEqual([])
  })
})

describe('around a dark window', () => {
  const downMs = row(2).changedAtMs
  // From 3 s before the stop until 12 s into it.
  const dark: Window = { fromMs: downMs - 3_000, toMs: downMs + 12_000 }

  test('a transition may be seen as late as the window ends', () => {
    const central = historyFrom(shiftEdge(2, 12_100))
    expect(defects(judge(central, [dark]))).toEqual([])
    expect(defects(judge(central, []))).not.toEqual([])
  })

  test('a transition later than that is wrong', () => {
    expect(defects(judge(historyFrom(shiftEdge(2, 14_000)), [dark]))).not.toEqual([])
  })

  test('a marker of lost sight is legal, and only there', () => {
    const history = markLost(1, dark)
    expect(defects(judge(historyFrom(history), [dark]))).toEqual([])
    expect(defects(judge(historyFrom(history), []))).not.toEqual([])
  })

  test('a stop that nobody could see may be missing', () => {
    const hidden: Window = { fromMs: row(2).changedAtMs - 1_000, toMs: row(3).changedAtMs + 1_000 }
    const merged = mergeOver(2)
    expect(defects(judge(historyFrom(merged), [hidden]))).toEqual([])
    expect(judge(historyFrom(merged), []).missing.map(({ what }) => what)).toContain(
      'down (mechanical_failure)',
    )
  })

  test('a stop that came back with another reason is still the same stop', () => {
    const hidden: Window = { fromMs: row(3).changedAtMs - 1_000, toMs: row(4).changedAtMs + 1_000 }
    const again = DAY.truth.transitions[4]
    const transitions = DAY.truth.transitions.with(4, { ...(again as TrueTransition), reason: 'tool_wear' })
    const day = { ...DAY, truth: { ...DAY.truth, transitions } }
    const central = historyFrom(mergeOver(3))
    expect(defects(judge(central, [hidden], day))).toEqual([])
    expect(defects(judge(central, [], day))).not.toEqual([])
  })

  test('an episode is what was in force at its stamp, not a like one before that nobody saw', () => {
    // Seen: down at row 2. Hidden: the run of row 3 and all but the last moment of the stop of row 4.
    const day = idealDay([...STRETCHES.slice(0, 5), { status: 'running', lastedMs: 20_000 }])
    const endMs = day.central.history[5]?.changedAtMs ?? 0
    const hidden: Window = { fromMs: row(3).changedAtMs - 500, toMs: endMs - 700 }
    const sight = { ...SIGHT, observableFromMs: 500, darkWindows: [...SIGHT.darkWindows, hidden] }
    const central = historyFrom(day.central.history.toSpliced(3, 2))
    expect(defects(reconcile(day.truth, central, { [MACHINE]: sight }))).toEqual([])
  })

  test('a stop that was barely seen may lack its reason, but not have another', () => {
    const startMs = row(2).changedAtMs
    const hidden: Window = { fromMs: startMs + 2_600, toMs: row(3).changedAtMs }
    const withReason = (reason: string | null) => historyFrom(change(2, { reason }))
    const judged = (reason: string | null) => judge({ ...withReason(reason), downtimes: [] }, [hidden])
    expect(judged(null).wrong).toEqual([])
    expect(judged('tool_wear').wrong).not.toEqual([])
  })

  test('a status that nobody had is still found', () => {
    const history = [...DAY.central.history]
    history.splice(2, 0, { ...row(2), id: 2.5, status: 'setup', reason: null, changedAtMs: downMs - 2_000 })
    expect(judge(historyFrom(history), [dark]).extra.map(({ what }) => what)).toContain('setup')
  })
})

function judge(central: CentralRows, darkWindows: readonly Window[] = [], day: Day = DAY): Report {
  const sight: Sight = { ...SIGHT, darkWindows: [...SIGHT.darkWindows, ...darkWindows] }
  return reconcile(day.truth, central, { [MACHINE]: sight })
}

function defects(report: Report) {
  return [...report.missing, ...report.extra, ...report.duplicates, ...report.wrong]
}

function row(index: number): HistoryRow {
  return DAY.central.history[index] as HistoryRow
}

function without<T>(rows: readonly T[], index: number): readonly T[] {
  return rows.toSpliced(index, 1)
}

function change(index: number, changes: Partial<HistoryRow>): readonly HistoryRow[] {
  return DAY.central.history.with(index, { ...row(index), ...changes })
}

/** A row put between 2 and 3, tiled correctly. */
function invent(status: string): readonly HistoryRow[] {
  const [piece, rest] = split(row(3), 20_000)
  return DAY.central.history.toSpliced(3, 1, piece, { ...rest, id: 3.1, status, previousStatus: 'running' })
}

function splitAt(index: number, afterMs: number, changes: Partial<HistoryRow>): readonly HistoryRow[] {
  const [piece, rest] = split(row(index), afterMs)
  const cont = { ...rest, id: piece.id + 0.1, previousStatus: piece.status, ...changes }
  return DAY.central.history.toSpliced(index, 1, piece, cont)
}

/** Two rows that tile what one did. */
function split(whole: HistoryRow, afterMs: number): readonly [HistoryRow, HistoryRow] {
  const totalMs = Number(/dur=([0-9.]+)s/.exec(whole.notes)?.[1]) * 1000
  const minutes = whole.durationMinutes ?? 0
  return [
    { ...whole, durationMinutes: 0, notes: `dur=${afterMs / 1000}s` },
    {
      ...whole,
      changedAtMs: whole.changedAtMs + afterMs,
      durationMinutes: minutes,
      notes: `cont; dur=${(totalMs - afterMs) / 1000}s`,
    },
  ]
}

function withHistory(central: CentralRows, history: readonly HistoryRow[]): CentralRows {
  return { ...central, history }
}

/** The same history, previous statuses and durations recomputed, and the downtimes that follow from it. */
function historyFrom(history: readonly HistoryRow[]): CentralRows {
  const isMarker = (one: HistoryRow) => one.reason === 'NO_DATA'
  const carry = new Map<string, number>()
  const tiled = history.map((one, index) => {
    const next = history[index + 1]
    const previousStatus = history[index - 1]?.status ?? null
    if (!next || isMarker(one)) return { ...one, previousStatus, notes: '', durationMinutes: null }
    const ms = next.changedAtMs - one.changedAtMs + (carry.get(one.status) ?? 0)
    const durationMinutes = Math.round(ms / 60_000)
    carry.set(one.status, ms - durationMinutes * 60_000)
    const notes = `dur=${(next.changedAtMs - one.changedAtMs) / 1000}s`
    return { ...one, previousStatus, durationMinutes, notes }
  })
  const downtimes = DAY.central.downtimes.flatMap((event) => {
    const index = tiled.findIndex((one) => one.reason === event.reason)
    const start = tiled[index]
    const endedAtMs = tiled[index + 1]?.changedAtMs ?? null
    if (!start || endedAtMs === null || endedAtMs - start.changedAtMs < SIGHT.microStopBelowMs) return []
    const durationMs = endedAtMs - start.changedAtMs
    const durationMinutes = Math.round(durationMs / 60_000)
    return [
      {
        ...event,
        startedAtMs: start.changedAtMs,
        endedAtMs,
        durationMinutes,
        notes: `dur=${durationMs / 1000}s`,
      },
    ]
  })
  return { history: tiled, downtimes, scans: [] }
}

function shiftEdge(index: number, ms: number): readonly HistoryRow[] {
  return change(index, { changedAtMs: row(index).changedAtMs + ms })
}

/** The row at `index` closes where the window begins, a marker follows, and the next row stands at the window's end. */
function markLost(index: number, dark: Window): readonly HistoryRow[] {
  const marker: HistoryRow = {
    ...row(index),
    id: row(index).id + 0.5,
    changedAtMs: dark.fromMs,
    status: 'available',
    reason: 'NO_DATA',
  }
  const next = { ...row(index + 1), changedAtMs: dark.toMs + 200 }
  return DAY.central.history.toSpliced(index + 1, 1, marker, next)
}

/** Nothing was seen of the row at `index`: the one before goes on over it and the one after. */
function mergeOver(index: number): readonly HistoryRow[] {
  return DAY.central.history.toSpliced(index, 2)
}

/** The day moved so that midnight falls 20 s into its second run. */
function moved(day: Day, midnightMs: number): Day {
  const byMs = midnightMs - 20_000 - row(3).changedAtMs
  return {
    ...day,
    truth: {
      ...day.truth,
      transitions: day.truth.transitions.map((one) => ({ ...one, atMs: one.atMs + byMs })),
      downtimes: day.truth.downtimes.map((one) => ({
        ...one,
        startedAtMs: one.startedAtMs + byMs,
        endedAtMs: one.endedAtMs + byMs,
      })),
    },
  }
}

function splitRunning(midnightMs: number): CentralRows {
  const byMs = midnightMs - 20_000 - row(3).changedAtMs
  return {
    history: splitAt(3, 20_000, {}).map((one) => ({ ...one, changedAtMs: one.changedAtMs + byMs })),
    downtimes: DAY.central.downtimes.map((one) => ({
      ...one,
      startedAtMs: one.startedAtMs + byMs,
      endedAtMs: (one.endedAtMs ?? 0) + byMs,
    })),
    scans: [],
  }
}
