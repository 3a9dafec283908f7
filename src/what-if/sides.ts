/** What a replay comes to within a span: its timeline, its stops, and how available the machine was. */
import { utcMs } from '../domain/instant.ts'
import type { Category } from '../domain/status.ts'
import { availabilityOf, type TimeSums, timeSums } from '../history/availability.ts'
import type { DowntimeRecord } from '../history/records.ts'
import { stretchesOf, type TimelineStretch, type TimeSpan } from '../history/timeline.ts'
import type { MachineSubject } from '../status/machine-subject.ts'
import type { RecordBook } from './record-book.ts'

/** A stop that lasted long enough to become a downtime. */
export interface StopLine {
  readonly fromMs: number
  /** Null while it goes on. */
  readonly toMs: number | null
  /** Within the span, in ms. */
  readonly lastedMs: number
  /** Null: nobody has said why, and the machine did not either. */
  readonly reason: string | null
  readonly category: Category | null
  readonly workOrder: string | null
  /** As the PLC showed it. */
  readonly code: string | null
}

/** The machine under one map. */
export interface Side {
  readonly stretches: readonly TimelineStretch[]
  readonly stops: readonly StopLine[]
  readonly time: TimeSums
  /** From 0 to 1; null where no planned time was seen. */
  readonly availability: number | null
}

interface Played {
  readonly book: RecordBook
  readonly subject: MachineSubject | undefined
  /** Nothing can be said of these times. */
  readonly unknown: readonly TimeSpan[]
  /** Of those, when the rules would have needed what was not recorded: no stop is said to have lasted then. */
  readonly undecided: readonly TimeSpan[]
  /** Since when and up to when anything was recorded. */
  readonly recorded: TimeSpan
}

/** @param span within which it is shown */
export function sideOf({ book, subject, unknown, undecided, recorded }: Played, span: TimeSpan): Side {
  const { statuses, downtimes } = book
  const toMs = Math.min(span.toMs, recorded.toMs)
  const sight = {
    seenToMs: subject?.health().summary.lastSeenMs ?? null,
    nowMs: toMs,
    keptFromMs: recorded.fromMs,
  }
  const within = statuses.filter(({ at }) => utcMs(at) < toMs)
  const laid = stretchesOf(within, downtimes, { fromMs: span.fromMs, toMs }, sight)
  const stretches = unknown.reduce(withUnknown, laid)
  const time = timeSums(stretches)
  const stops = downtimes.flatMap((stop) => lineOf(stop, { fromMs: span.fromMs, toMs }, undecided))
  return { stretches, stops, time, availability: availabilityOf(time) }
}

function lineOf(stop: DowntimeRecord, span: TimeSpan, undecided: readonly TimeSpan[]): readonly StopLine[] {
  const fromMs = utcMs(stop.at)
  const endMs = stop.ended ? utcMs(stop.ended.at) : null
  const lastMs = Math.min(endMs ?? span.toMs, span.toMs)
  if (fromMs >= span.toMs || lastMs <= span.fromMs) return []
  const { reason, category, workOrder, code } = stop
  const isWhole = fromMs >= span.fromMs && endMs !== null && endMs <= span.toMs
  const wholeMs = isWhole && stop.ended ? stop.ended.durationMs : lastMs - Math.max(fromMs, span.fromMs)
  const within = { fromMs: Math.max(fromMs, span.fromMs), toMs: lastMs }
  const lastedMs = wholeMs - commonMs(within, undecided)
  if (undecided.length > 0 && lastedMs <= 0) return []
  return [{ fromMs, toMs: endMs, lastedMs, reason, category, workOrder, code }]
}

/** How much of a time lies in others, which do not overlap. */
function commonMs(one: TimeSpan, others: readonly TimeSpan[]): number {
  const common = others.map(({ fromMs, toMs }) => Math.min(one.toMs, toMs) - Math.max(one.fromMs, fromMs))
  return common.reduce((sum, ms) => sum + Math.max(0, ms), 0)
}

/** Whatever the rows say of a time of which nothing can be known is not claimed. */
function withUnknown(stretches: readonly TimelineStretch[], unknown: TimeSpan): readonly TimelineStretch[] {
  return stretches.flatMap((stretch) => {
    const fromMs = Math.max(stretch.fromMs, unknown.fromMs)
    const toMs = Math.min(stretch.toMs, unknown.toMs)
    if (toMs <= fromMs) return [stretch]
    return [
      part(stretch, stretch.fromMs, fromMs),
      nothingKnown(stretch, fromMs, toMs),
      part(stretch, toMs, stretch.toMs),
    ].flat()
  })
}

function part(stretch: TimelineStretch, fromMs: number, toMs: number): readonly TimelineStretch[] {
  if (toMs <= fromMs) return []
  return [{ ...stretch, fromMs, toMs, lastedMs: Math.min(stretch.lastedMs, toMs - fromMs) }]
}

function nothingKnown(stretch: TimelineStretch, fromMs: number, toMs: number): readonly TimelineStretch[] {
  const nothing = { status: null, reason: null, category: null, workOrder: null, operator: null } as const
  const span = { fromMs, toMs, sinceMs: fromMs, lastedMs: toMs - fromMs }
  return [
    {
      ...stretch,
      ...nothing,
      ...span,
      use: 'unseen',
      marks: [],
      isOpen: false,
      why: 'unknown',
      whyDetail: null,
    },
  ]
}
