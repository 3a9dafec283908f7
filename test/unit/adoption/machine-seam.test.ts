import { describe, expect, test } from 'vitest'
import { createSeam } from '../../../src/adoption/machine-seam.ts'
import type { Event } from '../../../src/domain/event.ts'
import type { LatestRows } from '../../../src/routes/mes/ledger.ts'
import { derive } from '../../../src/status/derive.ts'
import { type MachineState, resumeMemory } from '../../../src/status/state.ts'
import { Play, press, START_MS } from '../../support/play.ts'

const BOOT = { bootId: 'boot-1', now: { wallMs: START_MS + 3_600_000, monoMs: 4_600_000 } }

/** A press that runs, stops for five minutes, and runs again. */
function morning(): Play {
  return new Play(press())
    .show({ state: 'run' }, 300)
    .show({ state: 'fault', fault: 101 }, 300)
    .show({ state: 'run', fault: 0 }, 60)
}

/** What central has after the first so many events, as one machine's newest rows. */
function central(events: readonly Event[]): LatestRows {
  const rows = new Map<string, Record<string, unknown>>()
  const untold = { endedAt: null, durationMinutes: null }
  for (const event of events) {
    const name = 'changedAt' in event ? 'status' : 'downtime'
    rows.set(name, event.kind.endsWith('.opened') ? { ...untold, ...event } : { ...rows.get(name), ...event })
  }
  return Object.fromEntries(rows) as unknown as LatestRows
}

function meet(latest: LatestRows, events: readonly Event[], local: MachineState | undefined) {
  const seam = createSeam('PRESS-07', latest)
  const kept = events.filter((event) => seam.take(event))
  return { kept, ...seam.close(local, BOOT) }
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

describe('a history that nobody here knows', () => {
  test('that ended in a stop: its row and its downtime are ended where central proves them, a marker follows', () => {
    const play = new Play(press()).show({ state: 'run' }, 300).show({ state: 'fault', fault: 101 }, 300)
    const { events, state } = meet(central(play.events), [], undefined)
    expect(events.map(({ kind }) => kind)).toEqual(['downtime.amended', 'status.amended', 'status.opened'])
    expect(events[1]).toMatchObject({ durationMinutes: 0, notes: expect.stringContaining('end=adopted') })
    expect(events[2]).toMatchObject({
      changedAt: '2026-01-31T09:05:00.001Z',
      reason: 'NO_DATA',
      previousStatus: 'down',
    })
    expect(state).toMatchObject({ dark: 'gap', stop: null, lastStampMs: START_MS + 300_001 })
  })

  test('is followed by a row of what is seen next, behind the marker and in no way before it', () => {
    const play = new Play(press()).show({ state: 'run' }, 300)
    const { state } = meet(central(play.events), [], undefined)
    const memory = resumeMemory(state as MachineState, BOOT.bootId, BOOT.now)
    const samples = [{ signal: 'state', value: 'fault', quality: 'good', at: BOOT.now } as const]
    const { events } = derive(press(), memory, {
      kind: 'reading',
      device: 'PRESS-07',
      subject: 'machine:PRESS-07',
      reading: { at: BOOT.now, samples },
    })
    expect(events).toMatchObject([
      { kind: 'status.opened', status: 'down', changedAt: '2026-01-31T10:00:00.000Z' },
    ])
  })

  test('that ended with a marker or a closed row needs no event, only a stamp to begin behind', () => {
    const lost = new Play(press()).show({ state: 'run' }, 300).cut(60)
    const newest = central(lost.events.filter(({ kind }) => kind.startsWith('status')).slice(0, 3))
    expect(newest.status?.reason).toBe('NO_DATA')
    expect(meet(newest, [], undefined)).toMatchObject({ events: [], state: { dark: 'gap' } })
  })
})

test('a stop that began before the seam gets its downtime from the row that goes on', () => {
  const other = new Play(press()).show({ state: 'run' }, 700)
  const ours = new Play(press(), START_MS + 1)
    .show({ state: 'run' }, 300)
    .show({ state: 'fault', fault: 101 }, 300)
  const state = {
    ...ours.state,
    open: ours.state.open && { ...ours.state.open, changedAtMs: START_MS + 900_000 },
  }
  const latest = {
    status: { ...central(other.events).status, changedAt: '2026-01-31T09:10:00.000Z' },
  } as LatestRows
  const closing = meet(latest, [], state)
  expect(closing.state?.stop).toMatchObject({ startedAtMs: START_MS + 900_000, recorded: false })
})
