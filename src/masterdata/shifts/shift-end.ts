/** When the shift ends that a moment lies in. */
import type { ReferenceShift } from '../../domain/reference-data.ts'
import { daysAround, isOn, spanOn } from './day-spans.ts'

/**
 * @param zone `Europe/Rome`
 * @returns ms since 1970; null outside of all shifts. Of shifts that overlap, the one that ends last.
 */
export function shiftEndMs(shifts: readonly ReferenceShift[], zone: string, atMs: number): number | null {
  const ends = daysAround(zone, atMs, atMs + 1).flatMap((day) =>
    shifts
      .filter((shift) => isOn(shift, day))
      .map((shift) => spanOn(day, shift))
      .filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
      .map(({ endMs }) => endMs),
  )
  return ends.length === 0 ? null : Math.max(...ends)
}
