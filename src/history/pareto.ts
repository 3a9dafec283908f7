/** Which reasons took the most time: the stops of a span, added up by reason and category. Pure. */
import { utcMs } from '../domain/instant.ts'
import { type Category, MICRO_STOP } from '../domain/status.ts'
import type { DowntimeRecord } from './records.ts'
import type { KnownSoFar, TimelineStretch, TimeSpan } from './timeline.ts'

/** All stops of one reason. */
export interface StopSum {
  /** Null: nobody has said why, and the machine did not either. */
  readonly reason: string | null
  readonly category: Category | null
  /** Stops that lie in the span or reach into it. The parts of one that an unplanned time has divided count once. */
  readonly count: number
  /** Their time in the span, in ms. */
  readonly lastedMs: number
}

/**
 * Of one machine: its downtimes, and the stops that were too short to become one, under the reason `MICRO_STOP`.
 * @param downtimes that overlap the span, in the order of time
 * @param stretches of the same span
 */
export function stopSums(
  downtimes: readonly DowntimeRecord[],
  stretches: readonly TimelineStretch[],
  span: TimeSpan,
  sight: KnownSoFar,
): readonly StopSum[] {
  const sums = new Sums()
  let before: DowntimeRecord | undefined
  for (const stop of downtimes) {
    const lastedMs = timeWithin(stop, span, sight)
    if (lastedMs === undefined) continue
    const isPart = stop.continues === true && before !== undefined && isAlike(stop, before)
    sums.add({ reason: stop.reason, category: stop.category, count: isPart ? 0 : 1, lastedMs })
    before = stop
  }
  for (const { reason, lastedMs, use, marks } of stretches) {
    if (reason !== MICRO_STOP || use !== 'standing') continue
    sums.add({ reason, category: null, count: marks.includes('cont') ? 0 : 1, lastedMs })
  }
  return sums.sorted()
}

/** The sums of several machines together, those that took the most time first. */
export function addedStops(all: readonly (readonly StopSum[])[]): readonly StopSum[] {
  const sums = new Sums()
  for (const one of all) for (const sum of one) sums.add(sum)
  return sums.sorted()
}

class Sums {
  readonly #byKind = new Map<string, StopSum>()

  add(sum: StopSum): void {
    const key = JSON.stringify([sum.reason, sum.category])
    const before = this.#byKind.get(key)
    this.#byKind.set(
      key,
      before ? { ...before, count: before.count + sum.count, lastedMs: before.lastedMs + sum.lastedMs } : sum,
    )
  }

  sorted(): readonly StopSum[] {
    return [...this.#byKind.values()].toSorted((a, b) => b.lastedMs - a.lastedMs || b.count - a.count)
  }
}

function isAlike(a: DowntimeRecord, b: DowntimeRecord): boolean {
  return a.reason === b.reason && a.category === b.category
}

/** Undefined where it lies outside. One that goes on is counted as far as its machine was seen. */
function timeWithin(stop: DowntimeRecord, span: TimeSpan, sight: KnownSoFar): number | undefined {
  const atMs = utcMs(stop.at)
  const toMs = Math.min(span.toMs, sight.nowMs)
  const endMs = stop.ended ? utcMs(stop.ended.at) : Math.max(atMs, sight.seenToMs ?? atMs)
  if (atMs >= toMs || endMs < span.fromMs) return undefined
  const isWhole = stop.ended && atMs >= span.fromMs && endMs <= toMs
  if (isWhole) return stop.ended?.durationMs
  const withinMs = Math.max(0, Math.min(endMs, toMs) - Math.max(atMs, span.fromMs))
  return stop.ended ? Math.min(stop.ended.durationMs, withinMs) : withinMs
}
