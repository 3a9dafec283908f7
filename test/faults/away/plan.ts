/** What happens at the machines while central is away: each has one event a second, an interval begun and ended in turn. */
import type { Event } from '../../../src/domain/events/event.ts'
import { utcText } from '../../../src/domain/instant.ts'
import type { StatusRow } from '../../bench/bare/unnest.ts'
import { amended, opened } from '../../support/central-events.ts'

/** A time without central. */
export interface Away {
  /** Codes, in the order in which central numbers them. */
  readonly machines: readonly string[]
  /** When it began, ms since 1970. */
  readonly firstMs: number
  readonly seconds: number
}

/** Length of an interval: it is begun in its first second, and its end is told in its last one. */
const INTERVAL_S = 2
const CAUSE = [{ signal: 'state', value: 'run' }]
const RULE = '3f9a2c1b'
/** About as long as the notes that the route writes. */
const NOTES = `cause=state:run; rule=${RULE}; dur=2.000s`

/** The events of some seconds, in the order in which they happen. */
export function eventsBetween(
  { machines, firstMs }: Away,
  fromSecond: number,
  toSecond: number,
): readonly Event[] {
  return Array.from({ length: toSecond - fromSecond }, (_, place) => fromSecond + place).flatMap((second) =>
    machines.map((machine) => eventAt(machine, firstMs, second)),
  )
}

/** Rows with their final values, as the intervals become them. */
export function rowsOf({ machines, firstMs }: Away, count: number): readonly StatusRow[] {
  return Array.from({ length: count }, (_, place) => {
    const interval = Math.floor(place / machines.length)
    return {
      machine: machines[place % machines.length] ?? '',
      previousStatus: statusOf(interval - 1),
      status: statusOf(interval),
      reason: null,
      changedAt: utcText(firstMs + interval * INTERVAL_S * 1_000),
      durationMinutes: 0,
      notes: NOTES,
    }
  })
}

function eventAt(machine: string, firstMs: number, second: number): Event {
  const interval = Math.floor(second / INTERVAL_S)
  const own = {
    subject: `machine:${machine}` as const,
    at: utcText(firstMs + interval * INTERVAL_S * 1_000),
    cause: CAUSE,
    rule: RULE,
  }
  if (second % INTERVAL_S > 0)
    return amended({ ...own, ended: { durationMs: INTERVAL_S * 1_000, minutes: 0, marks: [] } })
  return opened({ ...own, previousStatus: statusOf(interval - 1), status: statusOf(interval) })
}

function statusOf(interval: number) {
  return interval % 2 === 0 ? 'running' : 'idle'
}
