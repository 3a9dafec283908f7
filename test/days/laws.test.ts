import { describe, expect, it } from 'vitest'
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import type { Chapter, Day } from './day.ts'
import { breaches } from './laws.ts'
import { type Lived, live } from './live.ts'

const setting = {
  devices: 'one',
  pollS: 1,
  lateS: 0,
  heart: false,
  debounced: true,
  battery: true,
  staffed: false,
  midnight: 100,
} as const
const state = (name: 'run' | 'ready' | 'fault', polls: number): Chapter => ({
  kind: 'state',
  state: name,
  code: 0,
  polls,
})
const day: Day = {
  setting,
  chapters: [
    state('run', 60),
    state('fault', 200),
    state('run', 60),
    { kind: 'cut', device: 'plc', told: true, polls: 60 },
    { kind: 'order', order: 'WO-1', polls: 60 },
    state('ready', 60),
  ],
}

/** The same day, had the gateway written other events. */
function had(change: (event: MachineEvent) => MachineEvent | undefined): readonly string[] {
  const lived = live(day)
  const written = lived.events.map((event, index) => ({
    event: change(event),
    at: lived.eventsAt[index] ?? 0,
  }))
  const kept = written.flatMap(({ event, at }) => (event ? [{ event, at }] : []))
  const other: Lived = {
    ...lived,
    events: kept.map(({ event }) => event),
    eventsAt: kept.map(({ at }) => at),
  }
  return breaches(other)
}

const ended = (event: MachineEvent, durationMs: number, minutes: number): MachineEvent =>
  event.kind === 'status.amended' && event.ended
    ? {
        ...event,
        ended: {
          ...event.ended,
          durationMs: event.ended.durationMs + durationMs,
          minutes: event.ended.minutes + minutes,
        },
      }
    : event

describe('the laws of random days', () => {
  it('find nothing in a day that was written as it was', () => {
    expect(had((event) => event)).toEqual([])
  })

  it.for([
    [
      'a status that was not seen is claimed',
      (event: MachineEvent) =>
        event.kind === 'status.opened' && event.status === 'down'
          ? { ...event, status: 'setup' as const }
          : event,
      /setup .* not seen when it begins/,
    ],
    [
      'a status is claimed while nothing is seen',
      (event: MachineEvent) =>
        event.kind === 'status.opened' && event.reason === 'NO_DATA'
          ? { ...event, status: 'running' as const, reason: null }
          : event,
      /running .* not seen from/,
    ],
    [
      'what was seen is left out',
      (event: MachineEvent) =>
        event.kind === 'status.opened' && event.status === 'idle' ? undefined : event,
      /idle seen .*/,
    ],
    ['a row is a second too long', (event: MachineEvent) => ended(event, 1_000, 0), /ms from the next one/],
    ['a minute is invented', (event: MachineEvent) => ended(event, 0, 1), /minutes of .* are off/],
    [
      'a row names another one as the one before',
      (event: MachineEvent) =>
        event.kind === 'status.opened' ? { ...event, previousStatus: 'maintenance' as const } : event,
      /is not behind/,
    ],
    [
      'a long stop has no downtime',
      (event: MachineEvent) => (event.kind.startsWith('downtime') ? undefined : event),
      /has no downtime/,
    ],
    [
      'an end does not say what has ended',
      (event: MachineEvent) => ('ended' in event && event.ended ? { ...event, status: undefined } : event),
      /ends undefined, and .* was open/,
    ],
    [
      'an end is told as what was learnt later',
      (event: MachineEvent) =>
        'ended' in event && event.ended ? { ...event, afterEnd: true as const } : event,
      /is told as what was learnt later, and is not/,
    ],
    [
      'a run is booked on another order',
      (event: MachineEvent) => ('workOrder' in event ? { ...event, workOrder: 'WO-2' } : event),
      /is booked on WO-2/,
    ],
  ] as const)('see it when %s', ([, change, breach]) => {
    expect(had(change).join('\n')).toMatch(breach)
  })
})
