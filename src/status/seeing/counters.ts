/** Counters of a PLC: how many parts lie between two readings, when it may have wrapped, been reset, or glitched. */
import type { CounterSignal } from '../../domain/machine-map.ts'

/** A counter that wrapped was near its end before: above this share of its range. */
const WRAP_FROM = 0.9

/**
 * Parts counted between two values, `elapsedMs` apart.
 * A fall is a wrap only from near the end of the range and at a believable rate; any other fall is a reset, after which
 * the new value is what was counted. What is faster than `maxPerMinute` allows is a glitch and counts nothing.
 */
export function counted(counter: CounterSignal, before: number, now: number, elapsedMs: number): number {
  const believable =
    counter.maxPerMinute === undefined
      ? Number.POSITIVE_INFINITY
      : Math.ceil((counter.maxPerMinute * elapsedMs) / 60_000) + 1
  const delta = now - before
  if (delta >= 0) return delta <= believable ? delta : 0
  if (counter.rollover !== undefined && before > counter.rollover * WRAP_FROM) {
    const wrapped = delta + counter.rollover
    if (wrapped <= believable) return wrapped
  }
  return now <= believable ? now : 0
}

/** Whether a counter has gone on between two values, however far: a glitch is one advance, too. */
export function isAdvance(
  { maxPerMinute: _, ...counter }: CounterSignal,
  before: number,
  now: number,
): boolean {
  return now !== before && counted(counter, before, now, 0) > 0
}
