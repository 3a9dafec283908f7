/**
 * A machine's records laid out over a span of time. Pure. Where the machine could not be seen, or nothing is known of it, there is a
 * stretch that says so: none is ever filled in with what was before or came after.
 */
import type { Mark } from '../domain/events/event.ts'
import type { Unseen } from '../domain/events/status.ts'
import { utcMs } from '../domain/instant.ts'
import { type Category, NO_DATA, type Status, UNPLANNED } from '../domain/status.ts'
import type { DowntimeRecord, StatusRecord } from './records.ts'

/** From one moment to another, in ms since 1970. */
export interface TimeSpan {
  readonly fromMs: number
  readonly toMs: number
}

/** What is known of a machine besides its records. */
export interface KnownSoFar {
  /** Up to when the machine was seen: an open record is claimed no longer. Null: nobody looks at it now. */
  readonly seenToMs: number | null
  readonly nowMs: number
  /** Before this, the local log keeps nothing. */
  readonly keptFromMs: number
}

/**
 * `running`, `standing`: seen, in time that is planned; `unplanned`: not meant to run; `unseen`: not to be seen, or not known.
 */
type TimeUse = 'running' | 'standing' | 'unplanned' | 'unseen'

/** Why nothing is known of a stretch; `not_kept`: it is older than the log, `unknown`: no record says anything of it. */
type WhyUnseen = Unseen['why'] | 'not_kept' | 'unknown'

/** A part of the span in which one thing is so. The stretches of a span follow each other without a hole. */
export interface TimelineStretch extends TimeSpan {
  readonly use: TimeUse
  /** Null where nothing was seen. */
  readonly status: Status | null
  readonly reason: string | null
  readonly category: Category | null
  readonly workOrder: string | null
  /** `users.id` of who declared the status or gave the reason; null: nobody. */
  readonly operator: number | null
  readonly marks: readonly Mark[]
  /** When the record began, which may be before the span; of a stretch without a record, its own beginning. */
  readonly sinceMs: number
  /** How long it lasted within the span by the clock that nobody sets, in ms; of what was not seen, the length of the stretch. */
  readonly lastedMs: number
  /** Whether the record has no end yet. */
  readonly isOpen: boolean
  readonly why: WhyUnseen | null
  /** What kept it from being seen, in the words of the device. */
  readonly whyDetail: string | null
}

/** No two records of a machine have one stamp: the later one makes way by so much, and nothing was unseen in between. */
const MAKING_WAY_MS = 2

/**
 * @param records of status, in the order of time: those that begin in the span, and the one before
 * @param downtimes that overlap the span, in the order of time
 */
export function stretchesOf(
  records: readonly StatusRecord[],
  downtimes: readonly DowntimeRecord[],
  span: TimeSpan,
  sight: KnownSoFar,
): readonly TimelineStretch[] {
  const upToMs = Math.min(span.toMs, sight.nowMs)
  const all: TimelineStretch[] = []
  let reachedMs = span.fromMs
  for (const [index, record] of records.entries()) {
    const next = records[index + 1]
    const fromMs = utcMs(record.at)
    const toMs = endOf(record, next, sight)
    all.push(...holes(reachedMs, fromMs, sight))
    all.push(stretchOf(record, downtimes, { fromMs, toMs, isLast: !next }))
    reachedMs = Math.max(reachedMs, toMs)
  }
  all.push(...holes(reachedMs, upToMs, sight))
  return joined(all.flatMap((stretch) => clipped(stretch, { fromMs: span.fromMs, toMs: upToMs })))
}

/** A marker lasts until something is seen again; whatever has no end is claimed as far as it was seen. */
function endOf(
  record: StatusRecord,
  next: StatusRecord | undefined,
  { seenToMs, nowMs }: KnownSoFar,
): number {
  const atMs = utcMs(record.at)
  const nextMs = next && utcMs(next.at)
  if (isMarker(record)) return nextMs ?? nowMs
  if (!record.ended) return next ? atMs : Math.max(atMs, seenToMs ?? atMs)
  const endMs = atMs + record.ended.durationMs
  // The wall clock was set meanwhile: the stamps do not say how long it was, and it goes over into the next one all the same.
  const isStepped = [...record.marks, ...record.ended.marks].includes('clock_stepped')
  if (isStepped && nextMs !== undefined) return nextMs
  return nextMs === undefined || endMs < nextMs - MAKING_WAY_MS ? endMs : nextMs
}

/** Whether it says that nothing is seen. */
function isMarker({ reason, status }: StatusRecord): boolean {
  return reason === NO_DATA && status === 'available'
}

interface Placed extends TimeSpan {
  /** No record follows it. */
  readonly isLast: boolean
}

function stretchOf(
  record: StatusRecord,
  downtimes: readonly DowntimeRecord[],
  { fromMs, toMs, isLast }: Placed,
): TimelineStretch {
  const use = useOf(record)
  const isUnseen = isMarker(record)
  const stop = use === 'standing' ? stopAt(downtimes, fromMs) : undefined
  const { unseen } = record
  return {
    fromMs,
    toMs,
    use,
    status: isUnseen ? null : record.status,
    reason: isUnseen ? null : record.reason,
    category: stop?.category ?? null,
    workOrder: record.workOrder,
    operator: record.declaredBy ?? stop?.reportedBy ?? null,
    marks: [...record.marks, ...(record.ended?.marks ?? [])],
    sinceMs: fromMs,
    lastedMs: record.ended?.durationMs ?? toMs - fromMs,
    isOpen: isLast && record.ended === null,
    why: isUnseen ? (unseen?.why ?? 'unknown') : null,
    whyDetail: unseen ? wordsOf(unseen) : null,
  }
}

function useOf(record: StatusRecord): TimeUse {
  if (record.unseen?.why === 'out_of_service') return 'unplanned'
  if (isMarker(record) || record.status === null) return 'unseen'
  if (record.status === 'running') return 'running'
  const isUnplanned = record.status === 'available' && UNPLANNED.some((reason) => reason === record.reason)
  return isUnplanned || record.status === 'decommissioned' ? 'unplanned' : 'standing'
}

function stopAt(downtimes: readonly DowntimeRecord[], atMs: number): DowntimeRecord | undefined {
  return downtimes.find(({ at, ended }) => utcMs(at) <= atMs && (!ended || atMs < utcMs(ended.at)))
}

function wordsOf({ device, signal, detail }: Unseen): string | null {
  const words = [device, signal, detail].filter((word) => word !== null)
  return words.length === 0 ? null : words.join(': ')
}

/** Between two records, or where none is: what the log keeps no longer, and what it says nothing of. */
function holes(fromMs: number, toMs: number, { keptFromMs }: KnownSoFar): readonly TimelineStretch[] {
  if (toMs <= fromMs) return []
  const turnMs = Math.min(Math.max(keptFromMs, fromMs), toMs)
  return [hole(fromMs, turnMs, 'not_kept'), hole(turnMs, toMs, 'unknown')]
}

function hole(fromMs: number, toMs: number, why: WhyUnseen): TimelineStretch {
  const nothing = { status: null, reason: null, category: null, workOrder: null, operator: null }
  const span = { fromMs, toMs, sinceMs: fromMs, lastedMs: toMs - fromMs }
  return { ...nothing, ...span, use: 'unseen', marks: [], isOpen: false, why, whyDetail: null }
}

/** Of a record that reaches beyond the span only what lies in it counts, by the wall clock, since nobody knows better. */
function clipped(stretch: TimelineStretch, span: TimeSpan): readonly TimelineStretch[] {
  const fromMs = Math.max(stretch.fromMs, span.fromMs)
  const toMs = Math.min(stretch.toMs, span.toMs)
  if (toMs <= fromMs) return []
  const isWhole = fromMs === stretch.fromMs && toMs === stretch.toMs
  return [
    {
      ...stretch,
      fromMs,
      toMs,
      lastedMs: isWhole ? stretch.lastedMs : Math.min(stretch.lastedMs, toMs - fromMs),
    },
  ]
}

/** Parts of one status that a midnight or a shift has split stay apart; holes of one kind that touch are one. */
function joined(stretches: readonly TimelineStretch[]): readonly TimelineStretch[] {
  const all: TimelineStretch[] = []
  for (const stretch of stretches) {
    const before = all.at(-1)
    const isSameHole = before?.why === stretch.why && stretch.use === 'unseen' && stretch.whyDetail === null
    if (!before || !isSameHole || before.whyDetail !== null) all.push(stretch)
    else all[all.length - 1] = { ...before, toMs: stretch.toMs, lastedMs: before.lastedMs + stretch.lastedMs }
  }
  return all
}
