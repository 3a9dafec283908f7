/**
 * What the local log says of a machine, event by event, put together into records: one for each row of status, one for each downtime. Pure.
 *
 * A record is what central's row says, by the same rule: what opened it, and then the last amendment, which is whole. Where the
 * opening is not kept any more, it is what the amendments say.
 */
import type { DowntimeAmended, DowntimeFindings, DowntimeOpened } from '../domain/events/downtime.ts'
import type { Ending } from '../domain/events/event.ts'
import type { StatusAmended, StatusFindings, StatusOpened } from '../domain/events/status.ts'
import type { Status } from '../domain/status.ts'

/** One row of a machine's status. */
export interface StatusRecord extends StatusFindings {
  readonly kind: 'status'
  /** When it began: UTC text. */
  readonly at: string
  /** The last event of the log that says something of it. */
  readonly lastSeq: number
  readonly previousStatus: Status | null
  /** Null where its opening is not kept and no amendment has said it. */
  readonly status: Status | null
  readonly reason: string | null
  readonly workOrder: string | null
  /** Null while it goes on, and always of a marker, which says that nothing is seen. */
  readonly ended: Ending | null
}

/** One stop that lasted long enough to count. */
export interface DowntimeRecord extends DowntimeFindings {
  readonly kind: 'downtime'
  readonly at: string
  readonly lastSeq: number
  readonly ended: DowntimeAmended['ended']
}

/** A record of either kind. */
export type HistoryRecord = StatusRecord | DowntimeRecord

/** The record as it is once an event is known. */
export function afterStatusEvent(
  before: StatusRecord | undefined,
  event: StatusOpened | StatusAmended,
  lastSeq: number,
): StatusRecord {
  const { at, reason, workOrder, cause, countedUnseen, rule, marks } = event
  const { unseen, correctedFrom, became, remark } = event
  const isOpening = event.kind === 'status.opened'
  // What people have said stays where an amendment does not repeat it, as in central.
  const declaredBy = event.declaredBy ?? before?.declaredBy
  return {
    kind: 'status',
    at,
    lastSeq,
    previousStatus: isOpening ? event.previousStatus : (before?.previousStatus ?? null),
    status: became ?? before?.status ?? event.status ?? null,
    reason,
    workOrder,
    ended: isOpening ? null : event.ended,
    ...{ cause, countedUnseen, rule, marks, unseen: unseen ?? before?.unseen },
    ...{ declaredBy, correctedFrom, became, remark },
  }
}

/** The same for a downtime. */
export function afterDowntimeEvent(
  before: DowntimeRecord | undefined,
  event: DowntimeOpened | DowntimeAmended,
  lastSeq: number,
): DowntimeRecord {
  const { at, reason, category, workOrder, code, laterCodes, rule } = event
  const { correctedFrom, continues, remark } = event
  const reportedBy = event.reportedBy ?? before?.reportedBy
  const resolvedBy = event.resolvedBy ?? before?.resolvedBy
  return {
    kind: 'downtime',
    at,
    lastSeq,
    ended: event.kind === 'downtime.opened' ? null : event.ended,
    ...{ reason, category, workOrder, code, laterCodes, rule },
    ...{ reportedBy, resolvedBy, correctedFrom, continues, remark },
  }
}
