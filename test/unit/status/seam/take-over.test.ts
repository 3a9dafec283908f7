/** Two gateways read one press at other moments; wherever the first one falls, the second goes on, and the rows say what the press did. */
import { describe, expect, test } from 'vitest'
import type { MachineEvent } from '../../../../src/domain/events/machine.ts'
import { utcMs } from '../../../../src/domain/instant.ts'
import type { LatestRows } from '../../../../src/domain/latest-rows.ts'
import { fold } from '../../../../src/routes/mes/fold.ts'
import { statusInterval, stopInterval } from '../../../../src/routes/mes/latest-rows.ts'
import { downtimeEvents } from '../../../../src/routes/mes/tables/downtime-events.ts'
import { statusHistory } from '../../../../src/routes/mes/tables/status-history.ts'
import type { Absence } from '../../../../src/status/seam/absences.ts'
import { takeOverRows } from '../../../../src/status/seam/take-over.ts'
import { seededRandom } from '../../../faults/faults.ts'
import { Play, START_MS } from '../../../support/play.ts'
import { downtimesOf, historyOf } from '../../../support/play-rows.ts'
import { press } from '../../../support/press.ts'

const SHOWN = [
  { state: 'run', fault: 0 },
  { state: 'fault', fault: 101 },
  { state: 'idle', fault: 0 },
  { state: 'setup', fault: 0 },
]
/** By how much the two may see a change at other moments, in s. */
const APART_S = 2

/** What a press shows, and for how many seconds. */
interface Shown {
  readonly values: (typeof SHOWN)[number]
  readonly seconds: number
}

function randomDay(random: () => number): readonly Shown[] {
  let last = -1
  return Array.from({ length: 12 }, () => {
    const step = 1 + Math.floor(random() * (SHOWN.length - 1))
    last = (last + step) % SHOWN.length
    const values = SHOWN[last] ?? SHOWN[0] ?? { state: 'run', fault: 0 }
    return { values, seconds: 20 + Math.floor(random() * 400) }
  })
}

function play(day: readonly Shown[], lateS: (index: number) => number): Play {
  const played = new Play(press())
  day.forEach(({ values, seconds }, index) => {
    const late = index === 0 ? 0 : lateS(index)
    const nextLate = index === day.length - 1 ? 0 : lateS(index + 1)
    played.show(values, seconds - late + nextLate)
  })
  return played
}

/** What central has after the first so many events, as one machine's newest rows. */
function central(events: readonly MachineEvent[]): LatestRows {
  const status = fold(statusHistory, events).rows.at(-1)
  const downtime = fold(downtimeEvents, events).rows.at(-1)
  return {
    ...(status ? { status: statusInterval(status) } : {}),
    ...(downtime ? { downtime: stopInterval(downtime) } : {}),
  }
}

function takenOver(
  first: readonly MachineEvent[],
  own: { readonly events: readonly MachineEvent[]; readonly state: Play['state'] },
  now: Play['now'],
  aliveMs = now.wallMs - 10_000,
  absences: readonly Absence[] = [],
) {
  const latest = central(first)
  if (!own.state) throw new Error('the press was seen')
  const { events, state } = takeOverRows({
    machine: 'PRESS-07',
    own: { events: own.events, state: own.state },
    latest,
    aliveMs,
    absences,
    now,
  })
  const all = [...first, ...events]
  return { events, state, rows: historyOf(all), stops: downtimesOf(all) }
}

describe('wherever the first one falls', () => {
  test.each(Array.from({ length: 20 }, (_, index) => index))('day %i', (seed) => {
    const random = seededRandom(seed + 1)
    const day = randomDay(random)
    const first = play(day, () => 0)
    const lateS = day.map(() => Math.round((random() * 2 - 1) * APART_S))
    const second = play(day, (index) => lateS[index] ?? 0)
    const truth = historyOf(first.events)
    const trueStops = downtimesOf(first.events)
    for (let pushed = 0; pushed <= first.events.length; pushed += 1) {
      const { rows, stops, state } = takenOver(first.events.slice(0, pushed), second, second.now)
      const where = `day ${seed}, ${pushed} events pushed`
      expect(
        rows.map(({ status }) => status),
        where,
      ).toEqual(truth.map(({ status }) => status))
      rows.forEach((row, index) => {
        const real = truth[index]
        expect(Math.abs(Date.parse(row.at) - Date.parse(real?.at ?? '')), where).toBeLessThanOrEqual(
          APART_S * 1_000,
        )
        const end = row.ended && Date.parse(row.at) + row.ended.durationMs
        const trueEnd = real?.ended && Date.parse(real.at) + real.ended.durationMs
        if (end && trueEnd) expect(Math.abs(end - trueEnd), where).toBeLessThanOrEqual(APART_S * 1_000)
        expect(row.ended === null || row.ended === undefined, where).toBe(index === truth.length - 1)
      })
      expect(stops.length, where).toBe(trueStops.length)
      stops.forEach(({ at, ended }, index) => {
        const real = trueStops[index]
        expect(Math.abs(Date.parse(at) - Date.parse(real?.at ?? '')), where).toBeLessThanOrEqual(
          APART_S * 1_000,
        )
        expect(Boolean(ended), where).toBe(Boolean(real?.ended))
      })
      const open = rows.at(-1)
      expect(state.phase.kind === 'seen' && state.phase.interval.stampMs, where).toBe(
        Date.parse(open?.at ?? ''),
      )
    }
  })
})

describe('a second one that was away while the press changed', () => {
  test.each(Array.from({ length: 40 }, (_, index) => index))('day %i', (seed) => {
    const random = seededRandom(seed + 1_001)
    const day = randomDay(random)
    const first = play(day, () => 0)
    const totalS = day.reduce((sum, { seconds }) => sum + seconds, 0)
    const fromS = 30 + random() * totalS * 0.6
    const toS = fromS + 10 + random() * 280
    const second = playWithAbsence(day, Math.round(fromS), Math.round(toS))
    const truth = historyOf(first.events)
    const trueStops = downtimesOf(first.events)
    const moments = first.eventsLivedMs.filter((ms) => ms > toS * 1_000)
    for (const fellMs of new Set(moments)) {
      const pushed = first.events.filter((_, index) => (first.eventsLivedMs[index] ?? 0) <= fellMs)
      // It was the active one before it was away: what it stored then is no part of what it has to write now.
      const events = second.events.filter((_, index) => (second.eventsLivedMs[index] ?? 0) > fromS * 1_000)
      const own = { events, state: second.state }
      const absences = [
        { fromMs: START_MS + Math.round(fromS) * 1_000, toMs: START_MS + Math.round(toS) * 1_000 },
      ]
      const { rows, stops } = takenOver(pushed, own, second.now, START_MS + fellMs, absences)
      const where = `day ${seed}, away from ${fromS} to ${toS} s, the first one fell at ${fellMs / 1_000} s`
      expect(storyInSteps(rows), where).toEqual(storyInSteps(truth))
      expect(
        stops.map(({ ended }) => Boolean(ended)),
        where,
      ).toEqual(trueStops.map(({ ended }) => Boolean(ended)))
    }
  })

  test('a stop that it takes for the one before it was away is recorded where it began', () => {
    const [run, fault, idle] = SHOWN
    if (!run || !fault || !idle) throw new Error('the press shows all of them')
    const day = [
      { values: run, seconds: 60 },
      { values: fault, seconds: 150 },
      { values: idle, seconds: 8 },
      { values: fault, seconds: 200 },
      { values: run, seconds: 60 },
    ]
    const first = play(day, () => 0)
    const second = playWithAbsence(day, 190, 225)
    const events = second.events.filter((_, index) => (second.eventsLivedMs[index] ?? 0) > 190_000)
    // The first one fell once it had begun the row of the second stop, and before it was a downtime.
    const row = first.events.findLastIndex(
      ({ kind, at }) => kind === 'status.opened' && utcMs(at) < START_MS + 225_000,
    )
    const pushed = first.events.slice(0, row + 1)
    const own = { events, state: second.state }
    const absences = [{ fromMs: START_MS + 190_000, toMs: START_MS + 225_000 }]
    const { stops } = takenOver(pushed, own, second.now, START_MS + 226_000, absences)
    expect(stops.map(({ at, ended }) => [at, Boolean(ended)])).toEqual(
      downtimesOf(first.events).map(({ at, ended }) => [at, Boolean(ended)]),
    )
  })

  /** Statuses, and when each began, as far as the two may differ. */
  function storyInSteps(
    rows: readonly { readonly at: string; readonly status: string; readonly reason: string | null }[],
  ) {
    return rows.map(({ at, status, reason }) => `${at} ${status} ${reason === 'NO_DATA' ? reason : ''}`)
  }

  describe('and knows nothing of that time', () => {
    const story = (rows: ReturnType<typeof takenOver>['rows']) =>
      rows.map(({ at, status, reason, ended }) => [
        (utcMs(at) - START_MS) / 1_000,
        ended ? ended.durationMs / 1_000 : null,
        reason === 'NO_DATA' ? reason : status,
      ])
    const stretch = ({ stops }: ReturnType<typeof takenOver>) =>
      stops.map(({ at, ended }) => [
        (utcMs(at) - START_MS) / 1_000,
        ended ? (utcMs(ended.at) - START_MS) / 1_000 : null,
      ])
    const [RUN, FAULT] = [
      { state: 'run', fault: 0 },
      { state: 'fault', fault: 101 },
    ]
    const seen = (values: (typeof SHOWN)[number], seconds: number): Shown => ({ values, seconds })

    function away(day: readonly Shown[], from: number, to: number, pushedS: number, aliveS: number) {
      const first = play(day, () => 0)
      const second = playWithAbsence(day, from, to)
      const pushed = first.events.filter((_, index) => (first.eventsLivedMs[index] ?? 0) <= pushedS * 1_000)
      const events = second.events.filter((_, index) => (second.eventsLivedMs[index] ?? 0) > from * 1_000)
      const absences = [{ fromMs: START_MS + from * 1_000, toMs: START_MS + to * 1_000 }]
      const own = { events, state: second.state }
      return { first, pushed, own, absences, now: second.now, aliveMs: START_MS + aliveS * 1_000 }
    }

    test('what followed a row that the first one has ended is not known until the second one is back', () => {
      const day = [seen(RUN, 300), seen(FAULT, 100), seen(RUN, 300)]
      const { pushed, own, absences, now, aliveMs } = away(day, 250, 420, 310, 320)
      const end = pushed.findIndex(({ kind }) => kind === 'status.amended')
      const found = takenOver(pushed.slice(0, end + 1), own, now, aliveMs, absences)
      expect(story(found.rows)).toEqual([
        [0, 300, 'running'],
        [300, null, 'NO_DATA'],
        [420, null, 'running'],
      ])
      expect(stretch(found)).toEqual([])
    })

    test('a stop is not the one before it, where the second one has seen the press run in between', () => {
      const day = [seen(RUN, 60), seen(FAULT, 150), seen(RUN, 130), seen(FAULT, 200)]
      const { pushed, own, absences, now, aliveMs } = away(day, 50, 220, 209, 300)
      const found = takenOver(pushed, own, now, aliveMs, absences)
      expect(story(found.rows)).toEqual([
        [0, 60, 'running'],
        [60, 240, 'down'],
        [300, 40, 'running'],
        [340, null, 'down'],
      ])
      expect(stretch(found)).toEqual([
        [60, 300],
        [340, null],
      ])
    })

    test('where the first one was gone as well, nobody says what the press did', () => {
      const day = [seen(RUN, 60), seen(FAULT, 150), seen(RUN, 280)]
      const { pushed, own, absences, now, aliveMs } = away(day, 50, 290, 199, 200)
      const found = takenOver(pushed, own, now, aliveMs, absences)
      expect(story(found.rows)).toEqual([
        [0, 60, 'running'],
        [60, 140, 'down'],
        [200, null, 'NO_DATA'],
        [290, null, 'running'],
      ])
      expect(stretch(found)).toEqual([[60, 200]])
    })
  })

  function playWithAbsence(day: readonly Shown[], fromS: number, toS: number): Play {
    const played = new Play(press())
    let atS = 0
    for (const { values, seconds } of day) {
      const endS = atS + seconds
      if (atS < fromS) played.show(values, Math.min(endS, fromS) - atS)
      if (endS > toS && atS <= toS) played.restart(toS - fromS, values, { how: 'kill' }).watch(endS - toS)
      if (atS > toS) played.show(values, seconds)
      atS = endS
    }
    return played
  }
})

describe('what the second one has not seen', () => {
  const RUN = { state: 'run', fault: 0 }
  const FAULT = { state: 'fault', fault: 101 }

  test('a short absence of both is bridged where the machine does the same', () => {
    const first = new Play(press()).show(RUN, 600)
    const second = new Play(press(), START_MS + 700_000).show(RUN, 60)
    const { rows, events } = takenOver(first.events, second, second.now, START_MS + 650_000)
    expect(events).toEqual([])
    expect(rows).toHaveLength(1)
  })

  test('a long absence of both is a gap', () => {
    const first = new Play(press()).show(RUN, 600)
    const second = new Play(press(), START_MS + 3_600_000).show(RUN, 60)
    const { rows } = takenOver(first.events, second, second.now, START_MS + 650_000)
    expect(rows.map(({ status, reason, ended }) => [status, reason, ended?.durationMs])).toEqual([
      ['running', null, 650_000],
      ['available', 'NO_DATA', undefined],
      ['running', null, undefined],
    ])
  })

  test('where the two disagree, the row of the first one holds until its last sign', () => {
    const first = new Play(press()).show(FAULT, 300).show(RUN, 300)
    const second = new Play(press()).show(FAULT, 600)
    const { rows } = takenOver(first.events, second, second.now)
    expect(rows.map(({ status, ended }) => [status, ended?.durationMs])).toEqual([
      ['down', 300_000],
      ['running', 290_000],
      ['down', undefined],
    ])
  })

  describe('a stretch that only the second one has seen, right behind the row of the first one', () => {
    const IDLE = { state: 'idle', fault: 0 }
    const first = new Play(press()).show(RUN, 300).show(IDLE, 60)
    const second = new Play(press()).show(RUN, 301).show(FAULT, 2).show(IDLE, 57)
    const story = (aliveS: number) =>
      takenOver(first.events, second, second.now, START_MS + aliveS * 1_000).rows.map(
        ({ at, status, reason }) => [(utcMs(at) - START_MS) / 1_000, reason === 'NO_DATA' ? reason : status],
      )

    test('was none, where the first one was there', () => {
      expect(story(350)).toEqual([
        [0, 'running'],
        [300, 'idle'],
      ])
    })

    test('was none either, where the second one had just come back and its first reading was an old one', () => {
      const changing = new Play(press()).show(IDLE, 100).show(RUN, 200).show(IDLE, 60)
      const back = new Play(press()).show(IDLE, 50)
      back.restart(251, RUN, { how: 'kill' }).watch(1).show(IDLE, 57)
      const absences = [{ fromMs: START_MS + 50_000, toMs: START_MS + 301_000 }]
      const { rows } = takenOver(changing.events, back, back.now, START_MS + 299_000, absences)
      expect(rows.map(({ at, status }) => [(utcMs(at) - START_MS) / 1_000, status])).toEqual([
        [0, 'idle'],
        [100, 'running'],
        [300, 'idle'],
      ])
    })

    test('counts, where the first one was gone', () => {
      expect(story(300)).toEqual([
        [0, 'running'],
        [300, 'idle'],
        [301, 'down'],
        [303, 'idle'],
      ])
    })
  })

  test.each([[40], [70]])(
    'also where both have split what they saw at midnight (last sign: %i s)',
    (signS) => {
      const startMs = Date.UTC(2026, 0, 31, 23, 59, 30)
      const first = new Play(press(), startMs).show(RUN, 20).show(FAULT, 20)
      const second = new Play(press(), startMs).show(RUN, 42).show(FAULT, 40)
      const { rows } = takenOver(first.events, second, second.now, startMs + signS * 1_000)
      const told = rows.map(({ at, status, ended }) => [
        (utcMs(at) - startMs) / 1_000,
        status,
        ended ? ended.durationMs / 1_000 : null,
      ])
      expect(told.every(([, , lasts], index) => (lasts === null) === (index === told.length - 1))).toBe(true)
      told.slice(1).forEach(([at], index) => {
        const [from, , lasts] = told[index] ?? []
        expect(Number(from) + Number(lasts)).toBe(at)
      })
    },
  )

  test('a row that has begun at midnight does not get the end of what the own record says from midnight on', () => {
    const startMs = Date.UTC(2026, 0, 31, 23, 59, 30)
    const setup = { state: 'setup', fault: 0 }
    const first = new Play(press(), startMs).show(RUN, 29).show(setup, 3)
    const second = new Play(press(), startMs).show(RUN, 32).show(setup, 20)
    const { rows } = takenOver(first.events, second, second.now, startMs + 32_000)
    expect(
      rows.map(({ at, status, ended }) => [(utcMs(at) - startMs) / 1_000, status, ended?.durationMs]),
    ).toEqual([
      [0, 'running', 29_000],
      [29, 'setup', 1_000],
      [30, 'setup', undefined],
    ])
  })

  test('where the own record says something else from midnight on, and changes soon after', () => {
    const startMs = Date.UTC(2026, 0, 31, 23, 59, 30)
    const idle = { state: 'idle', fault: 0 }
    const first = new Play(press(), startMs).show(RUN, 20).show({ state: 'setup', fault: 0 }, 11)
    const second = new Play(press(), startMs).show(RUN, 33).show(idle, 20)
    const { rows } = takenOver(first.events, second, second.now, startMs + 31_000)
    expect(rows.map(({ at, status }) => [(utcMs(at) - startMs) / 1_000, status])).toEqual([
      [0, 'running'],
      [20, 'setup'],
      [30, 'setup'],
      [33, 'idle'],
    ])
    expect(rows[2]?.ended?.durationMs).toBe(3_000)
    expect(rows[2]?.cause).toEqual(first.history.at(-1)?.cause)
  })

  test('and so does the stop that belongs to it', () => {
    const first = new Play(press()).show(RUN, 300).show(FAULT, 300)
    const second = new Play(press()).show(RUN, 600)
    const { stops } = takenOver(first.events, second, second.now)
    expect(stops.map(({ ended }) => ended?.durationMs)).toEqual([290_000])
  })

  test('a machine that the first one had lost is known from there on', () => {
    const first = new Play(press()).show(RUN, 300).cut(120)
    const second = new Play(press()).show(RUN, 420)
    const { rows } = takenOver(first.events, second, second.now)
    expect(rows.map(({ status, reason }) => [status, reason])).toEqual([
      ['running', null],
      ['available', 'NO_DATA'],
      ['running', null],
    ])
  })
})
