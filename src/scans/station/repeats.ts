/** The same code again: a trigger pulled twice, or a code that stayed before a scanner that reads by itself. */
import type { Instant } from '../../domain/instant.ts'
import { sinceMs } from './since.ts'
import type { RecentScan, StationState, TakenScan } from './station-state.ts'

/** So many different codes are known again. Nobody scans more within the time that a repeat is expected in. */
const RECENT_MAX = 200

/**
 * Whether a scan only repeats one that counted. A code that says what happens next (a command, a work order, a reason, a part
 * of a label) is a repeat only where nothing else was scanned in between: `START` for one order and then for another is none.
 */
export function isRepeat(
  { recent, previous }: Pick<StationState, 'recent' | 'previous'>,
  scan: TakenScan,
  dedupeMs: number,
): boolean {
  const { data, meaning } = scan.code
  const standsForItself = meaning.kind === 'reference' || meaning.kind === 'unknown'
  if (!standsForItself && previous !== data) return false
  return hasCounted(recent, scan, dedupeMs)
}

/** Whether the same code counted lately. */
export function hasCounted(
  recent: readonly RecentScan[],
  { at, code }: TakenScan,
  dedupeMs: number,
): boolean {
  return recent.some((one) => one.data === code.data && isWithin(one.at, at, dedupeMs))
}

/** Notes scans that count. */
export function remember(
  recent: readonly RecentScan[],
  counted: readonly RecentScan[],
  dedupeMs: number,
): readonly RecentScan[] {
  const latest = counted.at(-1)
  if (!latest || dedupeMs === 0) return []
  const still = recent.filter(({ at }) => isWithin(at, latest.at, dedupeMs))
  return [...still, ...counted].slice(-RECENT_MAX)
}

function isWithin(from: Instant, to: Instant, ms: number): boolean {
  return sinceMs(from, to) < ms
}
