/** Counters of a PLC: how many parts lie between two readings, when it may have wrapped, been reset, or glitched. */
import type { CounterSignal } from '../../domain/machine-map.ts'

/** A counter that wrapped was near its end before: above this share of its range. */
const WRAP_FROM = 0.9

/** What a counter shows, as far as it is believed. */
export interface Count {
  readonly value: number
  /** What it showed last, where that was too far off to be believed at once. */
  readonly doubted: number | null
}

/** A counter after another reading, and what it has counted since the one before. */
interface Counted {
  readonly count: Count
  readonly parts: number
}

/**
 * Follows a counter. What is faster than `maxPerMinute` allows is a glitch, and counts nothing: the count goes on from the value
 * before it, unless the next reading goes on from where it leapt to.
 * @param before undefined for the first reading, which is only where counting begins
 * @param elapsedMs since the reading before
 */
export function followCount(
  counter: CounterSignal,
  before: Count | undefined,
  now: number,
  elapsedMs: number,
): Counted {
  const believed = { value: now, doubted: null }
  if (!before) return { count: believed, parts: 0 }
  const parts = counted(counter, before.value, now, elapsedMs)
  if (parts !== 'glitch') return { count: believed, parts }
  const since = before.doubted === null ? 'glitch' : counted(counter, before.doubted, now, elapsedMs)
  if (since !== 'glitch') return { count: believed, parts: since }
  return { count: { value: before.value, doubted: now }, parts: 0 }
}

/**
 * Parts counted between two values, `elapsedMs` apart.
 * A fall is a wrap only from near the end of the range and at a believable rate; any other fall is a reset, after which
 * the new value is what was counted, and no more of it than is believable. Nothing is ever subtracted.
 */
export function counted(
  counter: CounterSignal,
  before: number,
  now: number,
  elapsedMs: number,
): number | 'glitch' {
  const believable =
    counter.maxPerMinute === undefined
      ? Number.POSITIVE_INFINITY
      : Math.ceil((counter.maxPerMinute * elapsedMs) / 60_000) + 1
  const delta = now - before
  if (delta >= 0) return delta <= believable ? delta : 'glitch'
  const { rollover = Number.POSITIVE_INFINITY } = counter
  // It went beyond where the map lets it roll over, so that nothing is known of where it does.
  if (before >= rollover) return 0
  if (before > rollover * WRAP_FROM && delta + rollover <= believable) return delta + rollover
  return Math.max(0, Math.min(now, believable))
}

/** Whether a counter has gone on between two values, however far: a glitch is one advance, too. */
export function isAdvance(
  { maxPerMinute: _, ...counter }: CounterSignal,
  before: number,
  now: number,
): boolean {
  const parts = counted(counter, before, now, 0)
  return now !== before && parts !== 'glitch' && parts > 0
}
