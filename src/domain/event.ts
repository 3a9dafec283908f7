/**
 * What is kept in the local log and applied to central. Times are UTC text with milliseconds.
 *
 * A row of central is opened once and may be amended later; an amendment carries all of the columns that can change,
 * so that the last one for a row says everything and a batch may fold them together.
 */
import type { Category, Status } from './status.ts'

/** A row of `machine_status_history`, found again by machine and `changedAt`. */
export interface StatusOpened {
  readonly kind: 'status.opened'
  readonly machine: string
  readonly changedAt: string
  readonly previousStatus: Status | null
  readonly status: Status
  readonly reason: string | null
  readonly workOrder: string | null
  readonly notes: string
}

export interface StatusAmended {
  readonly kind: 'status.amended'
  readonly machine: string
  readonly changedAt: string
  readonly durationMinutes: number | null
  readonly reason: string | null
  readonly workOrder: string | null
  readonly notes: string
}

/** A row of `downtime_events`, found again by machine and `startedAt`. */
export interface DowntimeOpened {
  readonly kind: 'downtime.opened'
  readonly machine: string
  readonly startedAt: string
  readonly reason: string
  readonly category: Category | null
  readonly workOrder: string | null
  readonly notes: string
}

export interface DowntimeAmended {
  readonly kind: 'downtime.amended'
  readonly machine: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly durationMinutes: number | null
  readonly reason: string
  readonly category: Category | null
  readonly workOrder: string | null
  readonly notes: string
}

export type Event = StatusOpened | StatusAmended | DowntimeOpened | DowntimeAmended
