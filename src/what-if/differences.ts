/** What is different between two replays of one time: of which stops, and when another status is shown. */
import type { TimelineStretch, TimeSpan } from '../history/timeline.ts'
import type { StopLine } from './sides.ts'

/** What of a stop is another. */
type StopChange = 'begin' | 'end' | 'reason' | 'category' | 'work_order'

/**
 * A stop as it was and as it would be; of one that is gone or new only one of both is there. `unknown`: the edited map reads what was not
 * recorded, so that nobody can say what it would make of this stop, or of all of it.
 */
export interface StopPair {
  readonly kind: 'same' | 'changed' | 'gone' | 'new' | 'unknown'
  readonly before: StopLine | null
  readonly after: StopLine | null
  readonly changes: readonly StopChange[]
}

/** What is shown at a time; a status of null is nothing seen. */
interface Shown {
  readonly status: TimelineStretch['status']
  readonly reason: string | null
}

/** A time in which another status or reason is shown. */
export interface StatusDifference extends TimeSpan {
  readonly before: Shown
  readonly after: Shown
}

/**
 * Stops that overlap belong together: of several, those that do so the longest. In the order of time.
 * @param undecided when the edited map would have needed what was not recorded
 */
export function stopPairs(
  before: readonly StopLine[],
  after: readonly StopLine[],
  undecided: readonly TimeSpan[] = [],
): readonly StopPair[] {
  const kindOf = (stop: StopLine, kind: 'changed' | 'gone') => (isWithin(stop, undecided) ? 'unknown' : kind)
  const overlaps = before
    .flatMap((one) => after.map((other) => ({ one, other, ms: overlapMs(one, other) })))
    .filter(({ ms }) => ms > 0)
    .toSorted((a, b) => b.ms - a.ms)
  const [pairedBefore, pairedAfter] = [new Set<StopLine>(), new Set<StopLine>()]
  const pairs: StopPair[] = []
  for (const { one, other } of overlaps) {
    if (pairedBefore.has(one) || pairedAfter.has(other)) continue
    pairedBefore.add(one)
    pairedAfter.add(other)
    const changes = changesOf(one, other)
    pairs.push({
      kind: changes.length === 0 ? 'same' : kindOf(one, 'changed'),
      before: one,
      after: other,
      changes,
    })
  }
  const gone = before.filter((one) => !pairedBefore.has(one))
  const fresh = after.filter((one) => !pairedAfter.has(one))
  const all = [
    ...pairs,
    ...gone.map((one) => ({ kind: kindOf(one, 'gone'), before: one, after: null, changes: [] }) as const),
    ...fresh.map((one) => ({ kind: 'new', before: null, after: one, changes: [] }) as const),
  ]
  return all.toSorted((a, b) => beginOf(a) - beginOf(b))
}

function beginOf({ before, after }: StopPair): number {
  return Math.min(before?.fromMs ?? Number.POSITIVE_INFINITY, after?.fromMs ?? Number.POSITIVE_INFINITY)
}

/** Whether some of it lies in one of the times. */
function isWithin({ fromMs, toMs }: Pick<StopLine, 'fromMs' | 'toMs'>, times: readonly TimeSpan[]): boolean {
  return times.some((time) => time.fromMs < (toMs ?? Number.POSITIVE_INFINITY) && time.toMs > fromMs)
}

function overlapMs(one: StopLine, other: StopLine): number {
  const endOf = ({ toMs }: StopLine) => toMs ?? Number.MAX_SAFE_INTEGER
  return Math.min(endOf(one), endOf(other)) - Math.max(one.fromMs, other.fromMs)
}

function changesOf(before: StopLine, after: StopLine): readonly StopChange[] {
  const changes: readonly (readonly [StopChange, boolean])[] = [
    ['begin', before.fromMs !== after.fromMs],
    ['end', before.toMs !== after.toMs],
    ['reason', before.reason !== after.reason || before.code !== after.code],
    ['category', before.category !== after.category],
    ['work_order', before.workOrder !== after.workOrder],
  ]
  return changes.filter(([, isOther]) => isOther).map(([change]) => change)
}

/** Both cover the same span without a hole. Where nobody can say what would be shown, nothing is different. */
export function statusDifferences(
  before: readonly TimelineStretch[],
  after: readonly TimelineStretch[],
  undecided: readonly TimeSpan[] = [],
): readonly StatusDifference[] {
  const differences: StatusDifference[] = []
  let nth = 0
  for (const one of before) {
    while (nth < after.length && (after[nth]?.toMs ?? 0) <= one.fromMs) nth += 1
    for (let at = nth; at < after.length; at += 1) {
      const other = after[at]
      if (!other || other.fromMs >= one.toMs) break
      add(differences, one, other)
    }
  }
  return differences.filter((one) => one.after.status !== null || !isWithin(one, undecided))
}

function add(differences: StatusDifference[], one: TimelineStretch, other: TimelineStretch): void {
  if (one.status === other.status && one.reason === other.reason) return
  const fromMs = Math.max(one.fromMs, other.fromMs)
  const toMs = Math.min(one.toMs, other.toMs)
  const next = { fromMs, toMs, before: shownIn(one), after: shownIn(other) }
  const last = differences.at(-1)
  const goesOn =
    last?.toMs === fromMs &&
    JSON.stringify([last.before, last.after]) === JSON.stringify([next.before, next.after])
  if (last && goesOn) differences[differences.length - 1] = { ...last, toMs }
  else differences.push(next)
}

function shownIn({ status, reason }: TimelineStretch): Shown {
  return { status, reason }
}
