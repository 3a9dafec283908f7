/**
 * How much of its planned time a machine has produced. Pure.
 *
 * By ISO 22400-2, availability is the actual production time over the planned busy time. Production time is what was seen `running`.
 * Planned busy time is that, and whatever else was seen and is no unplanned time: no shift, a break, no order, out of service. A
 * maintenance and a setup lower it. What was not seen is in neither, and stands beside it.
 */
import type { Status } from '../domain/status.ts'
import type { TimelineStretch } from './timeline.ts'

/** In ms. */
export interface TimeSums {
  readonly runningMs: number
  /** Seen and planned, and not running. */
  readonly standingMs: number
  readonly unplannedMs: number
  readonly unseenMs: number
  /** Of what was seen, by the status that its rows say. */
  readonly byStatus: Readonly<Partial<Record<Status, number>>>
}

/** What the stretches come to. */
export function timeSums(stretches: readonly TimelineStretch[]): TimeSums {
  const sums = { running: 0, standing: 0, unplanned: 0, unseen: 0 }
  const byStatus: Partial<Record<Status, number>> = {}
  for (const { use, status, lastedMs } of stretches) {
    sums[use] += lastedMs
    if (status !== null) byStatus[status] = (byStatus[status] ?? 0) + lastedMs
  }
  return {
    runningMs: sums.running,
    standingMs: sums.standing,
    unplannedMs: sums.unplanned,
    unseenMs: sums.unseen,
    byStatus,
  }
}

/** The sums of several machines together. */
export function addedSums(all: readonly TimeSums[]): TimeSums {
  const byStatus: Partial<Record<Status, number>> = {}
  for (const one of all)
    for (const [status, ms] of Object.entries(one.byStatus) as [Status, number][])
      byStatus[status] = (byStatus[status] ?? 0) + ms
  const sum = (of: (one: TimeSums) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    runningMs: sum((one) => one.runningMs),
    standingMs: sum((one) => one.standingMs),
    unplannedMs: sum((one) => one.unplannedMs),
    unseenMs: sum((one) => one.unseenMs),
    byStatus,
  }
}

/** From 0 to 1; null where no planned time was seen. */
export function availabilityOf({ runningMs, standingMs }: TimeSums): number | null {
  const busyMs = runningMs + standingMs
  return busyMs === 0 ? null : runningMs / busyMs
}
