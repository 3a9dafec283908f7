import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { Instant } from '../../../src/domain/instant.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { readState } from '../../../src/status/saved/read-state.ts'
import type { MachineState } from '../../../src/status/state.ts'
import { Play } from '../../support/play.ts'
import { press, readingOfPress } from '../../support/press.ts'
import { pulseMachine } from '../../support/pulse-machine.ts'
import { stackLight } from '../../support/stack-light.ts'

/** A state that an earlier version saved, what the machine showed next, and the events that it wrote of that. */
interface Takeover {
  readonly name: string
  readonly map: Partial<MachineMap>
  readonly state: Readonly<Record<string, unknown>>
  readonly savedAt: Instant
  readonly unseenSeconds: number
  readonly show: Readonly<Record<string, SignalValue>>
  readonly seconds: number
  readonly events: readonly unknown[]
}

function takeoversOf(version: number): readonly Takeover[] {
  const file = new URL(`../../cases/machine-state/version-${version}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}

const takeovers = takeoversOf(0)

describe('a state of an earlier version is taken over', () => {
  test.each([
    ...takeovers.map((takeover) => ({ version: 0, ...takeover })),
    ...takeoversOf(1).map((takeover) => ({ version: 1, ...takeover })),
    ...takeoversOf(2).map((takeover) => ({ version: 2, ...takeover })),
  ])(
    'of version $version, of a machine $name',
    ({ map, state, savedAt, unseenSeconds, show, seconds, events }) => {
      const at = (second: number): Instant => ({
        boot: 'boot-1',
        wallMs: savedAt.wallMs + (unseenSeconds + second) * 1_000,
        monoMs: savedAt.monoMs + (unseenSeconds + second) * 1_000,
      })
      const machine = machineSubject(press(map), {
        state,
        lastSeen: undefined,
        before: undefined,
        now: at(0),
      })
      const written = Array.from({ length: seconds + 1 }, (_, second) => {
        const shown = second === 0 ? Object.entries(show) : []
        const samples = shown.map(
          ([signal, value]) => ({ signal, value, quality: 'good', at: at(second) }) as const,
        )
        const reading = { at: at(second), completeTo: at(second), samples }
        return machine.take(readingOfPress(reading)).events
      }).flat()
      expect(machine.health().troubles).toEqual([])
      expect(written.map(asEarlier)).toEqual(events.map((event) => asText(eventCodec.read(event))))
    },
  )
})

test('values that look like notes stay values', () => {
  const running = takeovers.find(({ name }) => name === 'running')?.state as { readonly open: object }
  const open = { ...running.open, notes: ['cause=text:x; cont; rule=y', 'rule=v1', 'cont', 'clock=stepped'] }
  expect(readState({ ...running, open })).toMatchObject({
    kind: 'read',
    state: {
      phase: {
        interval: {
          findings: {
            cause: [{ signal: 'text', value: 'x; cont; rule=y' }],
            countedUnseen: null,
            rule: 'v1',
            marks: ['cont', 'clock_stepped'],
          },
        },
      },
    },
  })
  const nothing = takeovers[0]?.state as { readonly candidate: object }
  const candidate = { ...nothing.candidate, cause: 'text:x; rule=y' }
  expect(readState({ ...nothing, candidate })).toMatchObject({
    state: { phase: { unsettled: { candidates: [{ cause: [{ signal: 'text', value: 'x; rule=y' }] }] } } },
  })
})

test('a counter that JSON had no number for is forgotten, and the rest is kept', () => {
  const state = takeovers.find(({ name }) => name === 'running')?.state
  expect(readState({ ...state, counters: { good: null, scrap: 4 } })).toMatchObject({
    kind: 'read',
    state: { phase: { kind: 'seen' }, counters: { scrap: 4 } },
  })
})

/** Without what earlier versions did not write: what an interval was that ends, and that it had ended before. */
function asEarlier(event: Event): unknown {
  const { status, afterEnd, ...earlier } = event as Event & { status?: unknown; afterEnd?: unknown }
  return asText(event.kind === 'status.amended' ? earlier : event)
}

/** Events as JSON with all values within causes as texts, which is all that version 0 knew of them. */
function asText(event: unknown): unknown {
  return JSON.parse(JSON.stringify(event, (key, value: unknown) => (key === 'value' ? String(value) : value)))
}

describe('a state of the present version', () => {
  it.each([
    ['lights', lightStates()],
    ['pulses', pulseStates()],
  ])('is read as it was saved, however far the course of its %s is known', (_, states) => {
    for (const state of states) {
      expect(state.courses).not.toEqual([])
      expect(readState(JSON.parse(JSON.stringify(state)))).toEqual({ kind: 'read', state })
    }
  })

  it('is read as it was saved, whatever the machine was doing', () => {
    const play = new Play(press({ counters: [{ signal: 'good' }] }))
    const states = [play.state]
    play.show({ state: 'run', good: 5 }, 1)
    states.push(play.state)
    play.show({}, 60).read({ state: 'fault', fault: 101 })
    states.push(play.state)
    play.show({}, 200)
    states.push(play.state)
    play.skip(60)
    states.push(play.state)
    play.show({ state: 'run', fault: 0, good: 9 }, 60).skip(60)
    states.push(play.state)
    play.show({}, 60).say({ operator: 7, workOrder: 'WO-1' }).show({ state: 'fault', fault: 0 }, 200)
    play.say({ workOrder: null }).say({ workOrder: 'WO-2' })
    states.push(play.state)
    play.say({ declared: { status: 'setup', reason: 'changeover', operator: 7 } }).show({ state: 'run' }, 20)
    states.push(play.state)
    expect(states.map(({ phase }) => phase.kind)).toEqual([
      'unknown',
      'unknown',
      'seen',
      'seen',
      'hold',
      'gap',
      'seen',
      'seen',
    ])
    expect(play.state.lastStop?.downtime).toMatchObject({ workOrder: 'WO-1', resolvedBy: 7 })
    expect(play.state.said.declared?.run).toMatchObject({ pausedSince: null })
    for (const state of states) {
      expect(readState(JSON.parse(JSON.stringify(state)))).toEqual({ kind: 'read', state })
    }
  })
})

it('knows nothing of planned time in a state of version 3, and reads all else of it', () => {
  const play = new Play(press())
    .show({ state: 'run', fault: 0 }, 60)
    .show({ state: 'fault', fault: 101 }, 600)
  const present = JSON.parse(JSON.stringify(play.state))
  const { planned: _, phase, ...rest } = present
  const { unplanned: _1, isKept: _2, continues: _3, ...interval } = phase.interval
  const { continues: _4, ...stop } = phase.stop
  const saved = { ...rest, v: 3, phase: { ...phase, interval, stop } }
  expect(readState(saved)).toEqual({ kind: 'read', state: play.state })
})

describe('a state that cannot be read is named with the place', () => {
  const good = new Play(press()).show({ state: 'fault', fault: 101 }, 200).state
  const { lastStampMs: _, ...withoutStamp } = good
  const v0 = takeovers.find(({ name }) => name.startsWith('in a gap'))?.state

  test.each<[string, unknown]>([
    ['state: it is no group of fields', 'running'],
    ['state: written in version 5, and this program knows up to 4', { ...good, v: 5 }],
    ['state: "lastStampMs" is missing', withoutStamp],
    ['state: "carryMs" is not a group of numbers', { ...good, carryMs: { down: 'much' } }],
    ['state: phase: "kind" is not one of unknown, seen, hold, gap', { ...good, phase: { kind: 'asleep' } }],
    [
      'state: phase: "interval" is missing',
      { ...good, phase: { kind: 'seen', stop: null, candidate: null } },
    ],
    ['state: phase: interval: reason: "later" is not a list of texts', spoiltReason({ later: [1] })],
    ['state: phase: interval: reason: "category" is not one of', spoiltReason({ category: 'weather' })],
    ['state: "dark" is not null, though nothing is open', { ...v0, open: null }],
  ])('%s', (why, saved) => {
    expect(readState(JSON.parse(JSON.stringify(saved)))).toMatchObject({
      kind: 'unreadable',
      why: expect.stringContaining(why),
    })
  })

  function spoiltReason(reason: object): unknown {
    const { phase } = good
    if (phase.kind !== 'seen') throw new Error('the press stands still')
    const { interval } = phase
    return {
      ...good,
      phase: { ...phase, interval: { ...interval, reason: { ...interval.reason, ...reason } } },
    }
  }
})

/** Lamps that have only just been read, have been switched, blink, and are steady. */
function lightStates(): readonly MachineState[] {
  const play = new Play(stackLight()).every(0.2).read({ green: true, amber: false, red: false })
  const states = [play.state]
  states.push(play.watch(10).show({ green: false }, 0.5).state)
  states.push(play.show({ green: true }, 0.5).state)
  return [...states, play.watch(10).state]
}

/** Pulses that are awaited, come, come slowly, and have stopped; a wait that has become a stop. */
function pulseStates(): readonly MachineState[] {
  const play = new Play(pulseMachine()).read({ cycles: 7 })
  const states = [play.state]
  states.push(play.watch(12).read({ cycles: 8 }).state)
  states.push(play.watch(30).read({ cycles: 9 }).state)
  states.push(play.watch(60).state)
  return [...states, play.watch(200).state]
}
