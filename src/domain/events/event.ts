/**
 * An event is a fact of the plant, never a row of a table: what happened, when, to whom, and what was found.
 *
 * Column names, texts of `notes` and rounding to a column's type are made in a route. The payload is chained by hash and
 * lives for months over upgrades: it can never be migrated, so every event carries the version in which it was written.
 */
import type { Owner } from '../owner.ts'

/** The version in which events are written now. Version 0 had no `v`; `version-0.ts` still reads it. */
export const EVENT_VERSION = 1

/** What every event has, whatever its kind. */
export interface Event {
  readonly v: number
  /** `status.opened`, `scan`: says which other fields there are. */
  readonly kind: string
  /** UTC text with milliseconds. What is opened and amended later has one `at` for its whole life, and is found again by it. */
  readonly at: string
  /** Whom it is about. */
  readonly subject: Owner
}

/** A signal and the value that it showed, as part of why something was concluded. */
export interface Evidence {
  readonly signal: string
  readonly value: string | number | boolean | null
}

/**
 * What is remarkable about an interval:
 * `cont`: it continues the one before (midnight, another work order);
 * `clock_stepped`: the wall clock was set, so its stamps and its duration disagree;
 * `no_data`: it ends because nothing was seen any more;
 * `reconfigured`: it ends because the machine's map was taken away;
 * `unplanned`: it ends because the planned time does, or begins: it is about the time of a shift;
 * `adopted`: `buffer adopt` made or ended it, because no gateway would have.
 */
export type Mark = 'cont' | 'clock_stepped' | 'no_data' | 'reconfigured' | 'unplanned' | 'adopted'

/** How an interval ended. */
export interface Ending {
  /** By the monotonic clock, exact. */
  readonly durationMs: number
  /** Whole minutes, with what rounding left over carried from one event to the next; see `status/rows/minutes.ts`. */
  readonly minutes: number
  readonly marks: readonly Mark[]
}

/** An event whose payload cannot be read: by a newer version, or of a kind that this gateway does not know. */
export interface UnreadableEvent extends Event {
  readonly kind: 'unreadable'
  /** As it is stored, so that nothing of it is lost. */
  readonly payload: string
  /** What is wrong with it, and where: `status.opened: "status" is missing`. */
  readonly why: string
}

/** Whether an event stands for a payload that could not be read. */
export function isUnreadable(event: Event): event is UnreadableEvent {
  return event.kind === 'unreadable'
}
