import { describe, expect, test } from 'vitest'
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import type { LatestRows } from '../../../src/domain/latest-rows.ts'
import { fold } from '../../../src/routes/mes/fold.ts'
import { statusInterval, stopInterval } from '../../../src/routes/mes/latest-rows.ts'
import { downtimeEvents } from '../../../src/routes/mes/tables/downtime-events.ts'
import { statusHistory } from '../../../src/routes/mes/tables/status-history.ts'
import { derive } from '../../../src/status/derive.ts'
import { resumeMemory } from '../../../src/status/resume.ts'
import { MachineSeam, openingKey } from '../../../src/status/seam/machine-seam.ts'
import type { MachineState } from '../../../src/status/state.ts'
import { Play, START_MS } from '../../support/play.ts'
import { press } from '../../support/press.ts'

const NOW = { boot: 'boot-1', wallMs: START_MS + 3_600_000, monoMs: 4_600_000 }

/** A press that runs, stops for five minutes, and runs again. */
function morning(): Play {
  return new Play(press())
    .show({ state: 'run' }, 300)
    .show({ state: 'fault', fault: 101 }, 300)
    .show({ state: 'run', fault: 0 }, 60)
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

function meet(latest: LatestRows, events: readonly MachineEvent[], local: MachineState | undefined) {
  const seam = new MachineSeam('PRESS-07', latest)
  const kept = events.filter((event) => seam.take(event))
  return { kept, ...seam.close(local, NOW) }
}

describe('one and the same history', () => {
  const play = morning()

  test.each(play.events.map((_, index) => index))(
    'cut after event %i goes on as if nothing had been',
    (index) => {
      const { kept, events, state } = meet(
        central(play.events.slice(0, index)),
        play.events.slice(index),
        play.state,
      )
      expect(kept).toEqual(play.events.slice(index))
      expect({ events, state }).toEqual({ events: [], state: undefined })
    },
  )

  test.each(play.events.map((_, index) => index))(
    'of which %i events come a second time opens no row twice',
    (index) => {
      const { kept, events } = meet(central(play.events), play.events.slice(index), play.state)
      expect(kept.filter(({ kind }) => kind.endsWith('.opened'))).toEqual([])
      expect(events).toEqual([])
    },
  )
})

test('what a split has ended of the open row before the seam is not amended any more: central may not have it', () => {
  const play = new Play(press(), Date.UTC(2026, 0, 30, 23, 50)).show({ state: 'fault', fault: 0 }, 1_200)
  expect(play.state).toMatchObject({ phase: { interval: { pieces: [{ ended: { minutes: 10 } }] } } })
  const { events, state } = meet(central(play.events), [], play.state)
  expect(events).toEqual([])
  expect(state).toMatchObject({
    phase: { interval: { status: 'down', pieces: [] }, stop: { recorded: true } },
  })
})

describe('a history that nobody here knows', () => {
  test('that ended in a stop: its row and its downtime are ended where central proves them, a marker follows', () => {
    const play = new Play(press()).show({ state: 'run' }, 300).show({ state: 'fault', fault: 101 }, 300)
    const { events, state } = meet(central(play.events), [], undefined)
    expect(events.map(({ kind }) => kind)).toEqual(['downtime.amended', 'status.amended', 'status.opened'])
    expect(events[1]).toMatchObject({ ended: { minutes: 0, marks: ['adopted'] } })
    expect(events[2]).toMatchObject({
      at: '2026-01-31T09:05:00.001Z',
      reason: 'NO_DATA',
      previousStatus: 'down',
    })
    expect(state).toMatchObject({ phase: { kind: 'gap' }, lastStampMs: START_MS + 300_001 })
  })

  test('is followed by a row of what is seen next, behind the marker and in no way before it', () => {
    const play = new Play(press()).show({ state: 'run' }, 300)
    const { state } = meet(central(play.events), [], undefined)
    const memory = resumeMemory(state as MachineState, NOW)
    const samples = [{ signal: 'state', value: 'fault', quality: 'good', at: NOW } as const]
    const { events } = derive(press(), memory, {
      kind: 'reading',
      device: 'PRESS-07',
      subject: 'machine:PRESS-07',
      reading: { at: NOW, completeTo: NOW, samples },
    })
    expect(events).toMatchObject([{ kind: 'status.opened', status: 'down', at: '2026-01-31T10:00:00.000Z' }])
  })

  test('that ended with a marker or a closed row needs no event, only a stamp to begin behind', () => {
    const lost = new Play(press()).show({ state: 'run' }, 300).cut(60)
    const newest = central(lost.events.filter(({ kind }) => kind.startsWith('status')).slice(0, 3))
    expect(newest.status?.reason).toBe('NO_DATA')
    expect(meet(newest, [], undefined)).toMatchObject({ events: [], state: { phase: { kind: 'gap' } } })
  })
})

test('a stop that began before the seam gets its downtime from the row that goes on', () => {
  const other = new Play(press()).show({ state: 'run' }, 700)
  const ours = new Play(press(), START_MS + 1)
    .show({ state: 'run' }, 300)
    .show({ state: 'fault', fault: 101 }, 300)
  const { phase } = ours.state
  if (phase.kind !== 'seen') throw new Error('the press stands still in sight')
  const interval = { ...phase.interval, stampMs: START_MS + 900_000 }
  const state = { ...ours.state, phase: { ...phase, interval } }
  const { status } = central(other.events)
  if (!status) throw new Error('the other press ran')
  const closing = meet({ status: { ...status, at: '2026-01-31T09:10:00.000Z' } }, [], state)
  expect(closing.state?.phase).toMatchObject({ stop: { stampMs: START_MS + 900_000, recorded: false } })
})

describe('what was lost with a damaged log', () => {
  /** The morning without some of its events. */
  const without = (play: Play, isLost: (event: MachineEvent) => boolean) =>
    play.events.filter((event) => !isLost(event))

  test('leaves no amendment without its row: from where the row began nothing is known', () => {
    const play = morning()
    const stop = play.events.find((event) => event.kind === 'status.opened' && event.status === 'down')
    const rest = without(play, (event) => event === stop)
    const { kept, events } = meet({}, rest, play.state)
    expect(kept.filter(({ kind, at }) => kind === 'status.amended' && at === stop?.at)).toEqual([])
    expect(events).toMatchObject([
      { kind: 'status.opened', at: stop?.at, status: 'available', reason: 'NO_DATA', marks: ['adopted'] },
    ])
  })

  test('is said again by the state where it is the row that goes on', () => {
    const play = morning()
    const last = play.events.findLast(({ kind }) => kind === 'status.opened')
    const { events, state } = meet(
      {},
      without(play, (event) => event === last),
      play.state,
    )
    expect(events).toEqual([last])
    expect(state).toBeUndefined()
  })

  test('is a downtime that the state writes again', () => {
    const play = new Play(press()).show({ state: 'run' }, 300).show({ state: 'fault', fault: 101 }, 300)
    const { events, state } = meet(
      {},
      without(play, ({ kind }) => kind === 'downtime.opened'),
      play.state,
    )
    expect(events).toEqual([])
    expect(state?.phase).toMatchObject({ stop: { recorded: false } })
  })

  test('is not what only waits in the quarantine', () => {
    const play = morning()
    const isOpening = ({ kind }: MachineEvent) => kind.endsWith('.opened')
    const setAside = new Set(play.events.filter(isOpening).map(openingKey))
    const seam = new MachineSeam('PRESS-07', {}, setAside)
    const amendments = without(play, isOpening)
    expect(amendments.filter((event) => seam.take(event))).toEqual(amendments)
    expect(seam.close(play.state, NOW)).toEqual({ events: [], state: undefined })
  })
})
