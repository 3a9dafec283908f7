/** Planned time around a moment, worked out again only where something of it has changed. */
import type { DaySpan, PlannedTime } from '../../domain/planned-time.ts'
import type { ReferenceShift } from '../../domain/reference-data.ts'
import { plannedTurns } from './planned-turns.ts'

const HOUR_MS = 3_600_000
/** A machine that was held, or comes back late, may still need to know what was planned yesterday. */
const BACK_MS = 24 * HOUR_MS
/** So long a gateway that is switched off may stay so and know what is planned when it is back, before it has the shifts. */
const AHEAD_MS = 72 * HOUR_MS

/** What it is worked out of, besides the time zone. */
interface Planning {
  readonly shifts: readonly ReferenceShift[]
  readonly breaks: readonly DaySpan[]
}

/** What was worked out for a set of breaks, and what for. */
interface Known {
  readonly hourMs: number
  readonly shifts: string
  readonly planned: PlannedTime
}

/** Keeps what was worked out for each set of breaks. */
export class PlannedCalendar {
  readonly #zone: string
  readonly #known = new Map<string, Known>()
  /** Every machine is asked for each second, and shifts and breaks hardly ever change: each list is made into text once. */
  readonly #texts = new WeakMap<readonly object[], string>()

  constructor(zone: string) {
    this.#zone = zone
  }

  /** The same list while neither the hour nor a shift has changed. */
  around(atMs: number, { shifts, breaks }: Planning): PlannedTime {
    const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS
    const [shiftsText, key] = [this.#textOf(shifts), this.#textOf(breaks)]
    const known = this.#known.get(key)
    if (known?.hourMs === hourMs && known.shifts === shiftsText) return known.planned
    const plant = { shifts, breaks, zone: this.#zone }
    const planned = plannedTurns(plant, hourMs - BACK_MS, hourMs + AHEAD_MS)
    this.#known.set(key, { hourMs, shifts: shiftsText, planned })
    return planned
  }

  #textOf(list: readonly object[]): string {
    const known = this.#texts.get(list)
    if (known !== undefined) return known
    const text = JSON.stringify(list)
    this.#texts.set(list, text)
    return text
  }
}
