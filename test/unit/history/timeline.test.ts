import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import { utcMs } from '../../../src/domain/instant.ts'
import { availabilityOf, timeSums } from '../../../src/history/availability.ts'
import { stopSums } from '../../../src/history/pareto.ts'
import {
  afterDowntimeEvent,
  afterStatusEvent,
  type DowntimeRecord,
  type StatusRecord,
} from '../../../src/history/records.ts'
import {
  type KnownSoFar,
  stretchesOf,
  type TimelineStretch,
  type TimeSpan,
} from '../../../src/history/timeline.ts'
import { KINDS } from '../../days/day.ts'
import { live } from '../../days/live.ts'
import { Play, START_MS } from '../../support/play.ts'
import { press } from '../../support/press.ts'

const RUNS = 150
const RUN = { state: 'run', fault: 0 }
const READY = { state: 'ready', fault: 0 }
const JAM = { state: 'fault', fault: 101 }

function recordsOf(events: readonly MachineEvent[]) {
  const status = new Map<string, StatusRecord>()
  const downtimes = new Map<string, DowntimeRecord>()
  for (const [index, event] of events.entries()) {
    if (event.kind === 'status.opened' || event.kind === 'status.amended')
      status.set(event.at, afterStatusEvent(status.get(event.at), event, index + 1))
    else downtimes.set(event.at, afterDowntimeEvent(downtimes.get(event.at), event, index + 1))
  }
  const inOrder = <R extends { readonly at: string }>(all: ReadonlyMap<string, R>) =>
    [...all.values()].toSorted((a, b) => utcMs(a.at) - utcMs(b.at))
  return { status: inOrder(status), downtimes: inOrder(downtimes) }
}

function shownOf(play: Play, span: Partial<TimeSpan> = {}, sight: Partial<KnownSoFar> = {}) {
  const nowMs = play.now.wallMs
  const seen = { seenToMs: play.health.summary.lastSeenMs, nowMs, keptFromMs: START_MS, ...sight }
  const asked = { fromMs: START_MS, toMs: nowMs, ...span }
  const { status, downtimes } = recordsOf(play.events)
  const stretches = stretchesOf(status, downtimes, asked, seen)
  return { stretches, time: timeSums(stretches), stops: stopSums(downtimes, stretches, asked, seen) }
}

/** `+0..+60 running`, in seconds from the start. */
function story(stretches: readonly TimelineStretch[]): readonly string[] {
  const offset = (ms: number) => `+${Math.round((ms - START_MS) / 1_000)}`
  return stretches.map(({ fromMs, toMs, use, status, reason, why }) =>
    [`${offset(fromMs)}..${offset(toMs)}`, use, status, reason, why]
      .filter((word) => word !== null)
      .join(' '),
  )
}

describe('the timeline of a machine', () => {
  it('shows what the machine was seen to do, and hatches what nobody saw', () => {
    const play = new Play(press()).show(RUN, 600).cut(900, RUN).watch(300)
    expect(story(shownOf(play).stretches)).toEqual([
      '+0..+600 running running',
      '+600..+1500 unseen away',
      '+1500..+1800 running running',
    ])
  })

  it('claims an open row only as far as the machine was seen', () => {
    const play = new Play(press()).show(RUN, 600)
    const nowMs = play.now.wallMs + 120_000
    const { stretches } = shownOf(play, { toMs: nowMs }, { nowMs })
    expect(story(stretches)).toEqual(['+0..+600 running running', '+600..+720 unseen unknown'])
    expect(stretches[0]?.isOpen).toBe(true)
  })

  it('tells the time that the log keeps no longer from time of which it knows nothing', () => {
    const play = new Play(press()).show(RUN, 600)
    const { stretches } = shownOf(
      play,
      { fromMs: START_MS - 7_200_000 },
      { keptFromMs: START_MS - 3_600_000 },
    )
    expect(story(stretches)).toEqual([
      '+-7200..+-3600 unseen not_kept',
      '+-3600..+0 unseen unknown',
      '+0..+600 running running',
    ])
  })

  it('says the reason that was given later in all parts of a stop', () => {
    const play = new Play(press()).show(RUN, 60).show({ state: 'fault', fault: 0 }, 600).show(RUN, 60)
    play.say({ reason: { code: 'no_pallets', category: 'material', operator: 7, isNewStop: false } })
    const { stretches, stops } = shownOf(play)
    const stop = stretches.find(({ status }) => status === 'down')
    expect(stop).toMatchObject({ reason: 'no_pallets', category: 'material', operator: 7 })
    expect(stops).toEqual([{ reason: 'no_pallets', category: 'material', count: 1, lastedMs: 600_000 }])
  })

  it('leaves unplanned time out of the availability, and unseen time too', () => {
    const play = new Play(press()).plan([
      [0, 'Early'],
      [1_200, 'NO_SHIFT'],
    ])
    play.show(RUN, 600).show(JAM, 600).show(READY, 600).cut(600, READY)
    const { time } = shownOf(play)
    expect(time).toMatchObject({
      runningMs: 600_000,
      standingMs: 600_000,
      unplannedMs: 600_000,
      unseenMs: 600_000,
    })
    expect(availabilityOf(time)).toBe(0.5)
    expect(availabilityOf(timeSums([]))).toBeNull()
  })

  it('counts a stop that a break divides once, and short ones under their own reason', () => {
    const play = new Play(press()).plan([
      [0, 'Early'],
      [400, 'BREAK'],
      [800, 'Early'],
    ])
    play.show(RUN, 100).show(JAM, 1_000).show(RUN, 100).show({ state: 'fault', fault: 0 }, 60).show(RUN, 60)
    expect(shownOf(play).stops).toEqual([
      { reason: 'mechanical_failure', category: 'equipment', count: 1, lastedMs: 600_000 },
      { reason: 'MICRO_STOP', category: null, count: 1, lastedMs: 60_000 },
    ])
  })
})

describe('on random days', () => {
  const kinds = Object.values(KINDS)
  const days = fc.oneof(...kinds).map((day) => {
    const { events, end, clock } = live(day)
    const lastMs = Math.max(...events.map(({ at }) => utcMs(at)), 0)
    const startMs = clock[0]?.offset ?? 0
    return { records: recordsOf(events), startMs, nowMs: Math.max(lastMs, startMs + end) + 1_000 }
  })

  it('stretches follow each other without a hole or an overlap', () => {
    fc.assert(
      fc.property(days, fc.nat(), fc.nat(), ({ records, startMs, nowMs }, a, b) => {
        const lengthMs = nowMs - startMs + 2_000
        const [first, second] = [startMs - 1_000 + (a % lengthMs), startMs - 1_000 + (b % lengthMs)]
        const span = { fromMs: Math.min(first, second), toMs: Math.max(first, second) }
        const sight = { seenToMs: nowMs - 1_000, nowMs, keptFromMs: startMs }
        const stretches = stretchesOf(records.status, records.downtimes, span, sight)
        let reachedMs = span.fromMs
        for (const { fromMs, toMs } of stretches) {
          expect(fromMs).toBe(reachedMs)
          expect(toMs).toBeGreaterThan(fromMs)
          reachedMs = toMs
        }
        expect(reachedMs).toBe(Math.max(span.fromMs, Math.min(span.toMs, nowMs)))
      }),
      { numRuns: RUNS },
    )
  })

  it('nothing is shown as seen that no row says, and nothing longer than its row lasted', () => {
    fc.assert(
      fc.property(days, ({ records, startMs, nowMs }) => {
        const sight = { seenToMs: nowMs, nowMs, keptFromMs: startMs }
        const span = { fromMs: startMs - 60_000, toMs: nowMs }
        const stretches = stretchesOf(records.status, records.downtimes, span, sight)
        for (const stretch of stretches.filter(({ status }) => status !== null)) {
          const record = records.status.find(({ at }) => utcMs(at) === stretch.sinceMs)
          expect(record).toMatchObject({ status: stretch.status, reason: stretch.reason })
          if (record?.ended) expect(stretch.lastedMs).toBeLessThanOrEqual(record.ended.durationMs)
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('two halves of a span come to what the whole comes to, where no clock was set', () => {
    const calm = fc.oneof(KINDS.calm, KINDS.staffed).map((day) => {
      const { events, end, clock } = live(day)
      const startMs = clock[0]?.offset ?? 0
      return { records: recordsOf(events), startMs, nowMs: startMs + end }
    })
    fc.assert(
      fc.property(calm, fc.double({ min: 0, max: 1, noNaN: true }), ({ records, startMs, nowMs }, share) => {
        const turnMs = Math.round(startMs + (nowMs - startMs) * share)
        const sight = { seenToMs: nowMs, nowMs, keptFromMs: startMs }
        const sums = (fromMs: number, toMs: number) =>
          timeSums(stretchesOf(records.status, records.downtimes, { fromMs, toMs }, sight))
        const [whole, left, right] = [sums(startMs, nowMs), sums(startMs, turnMs), sums(turnMs, nowMs)]
        for (const key of ['runningMs', 'standingMs', 'unplannedMs', 'unseenMs'] as const)
          expect(Math.abs(left[key] + right[key] - whole[key])).toBeLessThan(10)
      }),
      { numRuns: RUNS },
    )
  })
})
