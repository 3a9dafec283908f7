import { describe, expect, it } from 'vitest'
import type { Instant } from '../../../src/domain/instant.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import type { Remembered } from '../../../src/domain/subject.ts'
import { type MachineSubject, machineSubject } from '../../../src/status/machine-subject.ts'
import type { MachineState } from '../../../src/status/state.ts'
import { START_MS } from '../../support/play.ts'
import { press, readingOfPress } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const stopped = { state: 'fault', fault: 101 }

function at(second: number): Instant {
  return { boot: 'boot-1', wallMs: START_MS + second * 1_000, monoMs: 1_000_000 + second * 1_000 }
}

function machine(map: MachineMap, second: number, remembered: Partial<Remembered> = {}): MachineSubject {
  const unknown = { state: undefined, lastSeen: undefined, before: undefined }
  return machineSubject(map, { ...unknown, now: at(second), ...remembered })
}

function show(subject: MachineSubject, second: number, values: Readonly<Record<string, SignalValue>>) {
  const samples = Object.entries(values).map(
    ([signal, value]) => ({ signal, value, quality: 'good', at: at(second) }) as const,
  )
  return subject.take(readingOfPress({ at: at(second), completeTo: at(second), samples }))
}

/** Shows values from one second to another, polled each second. */
function watch(
  subject: MachineSubject,
  from: number,
  to: number,
  values: Readonly<Record<string, SignalValue>>,
) {
  const first = show(subject, from, values)
  const rest = Array.from({ length: to - from }, (_, index) => show(subject, from + 1 + index, {}))
  return [first, ...rest].flatMap(({ events }) => events)
}

/** A state as the disk gives it back. */
function saved(subject: MachineSubject): unknown {
  return JSON.parse(JSON.stringify(subject.state))
}

function lastSeenOf(subject: MachineSubject): Instant | null {
  return (subject.state as MachineState).lastSeen
}

describe('a machine as a subject', () => {
  it('is the owner of its events, whatever its code', () => {
    const subject = machine({ ...press(), machine: 'gateway:alive' }, 0)
    expect(subject.owner).toBe('machine:gateway:alive')
    expect(watch(subject, 0, 5, run).map((event) => event.subject)).toEqual(['machine:gateway:alive'])
  })

  it('shows what pages show of it', () => {
    const subject = machine(press(), 0)
    expect(subject.health().summary).toEqual({
      machine: 'PRESS-07',
      status: null,
      operator: null,
      declared: null,
      shift: null,
      sinceMs: null,
      reason: null,
      workOrder: null,
      lastSeenMs: null,
      signals: [],
    })
    watch(subject, 0, 30, stopped)
    expect(subject.health().summary).toMatchObject({
      status: 'down',
      sinceMs: START_MS,
      reason: 'mechanical_failure',
      lastSeenMs: START_MS + 30_000,
      signals: [],
    })
    watch(subject, 31, 60, run)
    subject.take({ kind: 'tick', at: at(120) })
    expect(subject.health().summary).toMatchObject({
      status: 'available',
      sinceMs: START_MS + 60_000,
      reason: 'NO_DATA',
      lastSeenMs: START_MS + 60_000,
      signals: [],
    })
  })

  it('gives its state out only when a restart must know of it', () => {
    const subject = machine(press({ counters: [{ signal: 'good' }] }), 0)
    expect(show(subject, 0, { ...run, good: 1 }).state).toBeDefined()
    expect(show(subject, 1, {})).toEqual({ events: [] })
    const opened = show(subject, 2, {})
    expect(opened.events).toHaveLength(1)
    expect(opened.state).toBe(subject.state)
    expect(subject.checkpoint()).toBeUndefined()
    expect(show(subject, 3, {}).state).toBeUndefined()
    expect(subject.checkpoint()).toMatchObject({ lastSeen: at(3) })
    expect(show(subject, 4, { good: 2 }).state).toBeUndefined()
    expect(subject.checkpoint()).toMatchObject({ counters: { good: 2 }, lastSeen: at(4) })
    expect(subject.checkpoint()).toBeUndefined()
  })

  it('wants to be woken when it would be lost', () => {
    const subject = machine(press(), 0)
    expect(subject.wakeAtMs).toBeUndefined()
    watch(subject, 0, 10, run)
    expect(subject.wakeAtMs).toBe(at(40).monoMs)
    expect(subject.take({ kind: 'tick', at: at(40) }).events).toEqual([])
    expect(subject.take({ kind: 'tick', at: at(41) }).events).toHaveLength(2)
    expect(subject.wakeAtMs).toBeUndefined()
  })

  it('passes over messages that say nothing about its status', () => {
    const subject = machine(press(), 0)
    watch(subject, 0, 10, run)
    const before = subject.state
    expect(subject.take({ kind: 'scan', subject: subject.owner })).toEqual({ events: [] })
    expect(subject.state).toBe(before)
  })

  it('ends what is open where it was last seen when it is retired', () => {
    const subject = machine(press(), 0)
    watch(subject, 0, 200, stopped)
    expect(subject.retire().events).toMatchObject([
      { kind: 'downtime.amended', ended: { at: '2026-01-31T09:03:20.000Z', marks: ['reconfigured'] } },
      { kind: 'status.amended', ended: { durationMs: 200_000, minutes: 3, marks: ['reconfigured'] } },
      { kind: 'status.opened', status: 'available', reason: 'NO_DATA', at: '2026-01-31T09:03:20.000Z' },
    ])
  })

  it('has nothing to end when it is retired in a gap', () => {
    const subject = machine(press(), 0)
    watch(subject, 0, 10, run)
    subject.take({ kind: 'tick', at: at(60) })
    expect(subject.retire().events).toEqual([])
  })
})

describe('after a restart', () => {
  const before = machine(press(), 0)
  watch(before, 0, 2, run)
  const state = saved(before)

  it('it was last seen when its state says so', () => {
    const subject = machine(press(), 420, { state })
    expect(lastSeenOf(subject)).toEqual(at(2))
    expect(watch(subject, 420, 430, run)).toMatchObject([
      { kind: 'status.amended', ended: { durationMs: 2_000 } },
      { kind: 'status.opened', at: '2026-01-31T09:00:02.000Z', reason: 'NO_DATA' },
      { kind: 'status.opened', at: '2026-01-31T09:07:00.000Z', status: 'running' },
    ])
  })

  it('or later, where an earlier version noted that: then the interval goes on', () => {
    const subject = machine(press(), 420, { state, lastSeen: at(400) })
    expect(lastSeenOf(subject)).toEqual(at(400))
    expect(watch(subject, 420, 430, run)).toEqual([])
  })

  it('never earlier than its state says', () => {
    expect(lastSeenOf(machine(press(), 420, { state, lastSeen: at(1) }))).toEqual(at(2))
  })

  it('a machine that was lost was last seen before the loss', () => {
    const lost = machine(press(), 0)
    watch(lost, 0, 10, run)
    lost.take({ kind: 'tick', at: at(60) })
    expect(lastSeenOf(machine(press(), 90, { state: saved(lost), lastSeen: at(50) }))).toEqual(at(10))
  })

  it('of the computer, its moments are moved onto the clock of this boot', () => {
    const now = { boot: 'boot-2', wallMs: START_MS + 420_000, monoMs: 5_000 }
    const subject = machine(press(), 0, { state, now })
    expect(lastSeenOf(subject)).toEqual({ boot: 'boot-2', wallMs: START_MS + 2_000, monoMs: 5_000 - 418_000 })
  })

  it('goes on from a candidate that was seen before', () => {
    const changing = machine(press(), 0)
    watch(changing, 0, 60, run)
    show(changing, 61, stopped)
    const subject = machine(press(), 63, { state: saved(changing) })
    expect(watch(subject, 63, 66, stopped)).toMatchObject([
      { kind: 'status.amended', ended: { durationMs: 61_000 } },
      { kind: 'status.opened', status: 'down', at: '2026-01-31T09:01:01.000Z' },
    ])
  })

  it('starts as never seen where its state cannot be read, and says why', () => {
    const subject = machine(press(), 420, { state: { ...(state as object), v: 7 } })
    expect(subject.health().troubles).toMatchObject([
      {
        code: 'machine-state-unreadable',
        what: expect.stringContaining('state: written in version 7, and this program knows up to 4'),
      },
    ])
    expect(subject.health().summary.status).toBeNull()
    expect(watch(subject, 420, 430, run)).toMatchObject([{ kind: 'status.opened', previousStatus: null }])
    expect(subject.health().troubles).toEqual([])
    expect(machine(press(), 420, { state }).health().troubles).toEqual([])
  })
})

describe('with another map in place of the one before', () => {
  it('that reads another device, the interval goes on, and what is seen has to be seen again', () => {
    const before = machine(press(), 0)
    watch(before, 0, 60, run)
    const [device] = press().devices
    const elsewhere = press({ version: 'v2', devices: [{ ...device, settings: { host: 'other' } } as never] })
    const after = machine(elsewhere, 61, { before })
    expect(lastSeenOf(after)).toEqual(at(60))
    expect(show(after, 62, {}).events).toEqual([])
    expect(lastSeenOf(after)).toEqual(at(60))
    expect(watch(after, 63, 70, run)).toEqual([])
    expect(lastSeenOf(after)).toEqual(at(70))
  })

  it('that reads the same, it goes on with what it sees', () => {
    const before = machine(press(), 0)
    watch(before, 0, 60, run)
    const after = machine(press({ version: 'v2' }), 61, { before })
    expect(show(after, 62, {}).events).toEqual([])
    expect(lastSeenOf(after)).toEqual(at(62))
  })

  it('what was seen of a stop under the map before counts', () => {
    const before = machine(press(), 0)
    watch(before, 0, 60, run)
    show(before, 61, stopped)
    const after = machine(press({ version: 'v2' }), 70, { before })
    expect(watch(after, 70, 75, stopped)).toMatchObject([
      { kind: 'status.amended' },
      {
        kind: 'status.opened',
        status: 'down',
        reason: 'mechanical_failure',
        at: '2026-01-31T09:01:01.000Z',
      },
    ])
  })
})
