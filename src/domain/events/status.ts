/** A machine's status, interval by interval. An amendment says everything that can change, so the last one for an interval is whole. */
import type { Status } from '../status.ts'
import type { Ending, Event, Evidence, Mark } from './event.ts'
import { type Fields, readEvidence, readMarks } from './fields.ts'

/** Why an interval was begun, and what is remarkable about it. */
export interface StatusFindings {
  /** The signals and values that made the rule match; none for a marker. */
  readonly cause: readonly Evidence[]
  /** Parts that counters went on by while nothing was seen; null where there were none. */
  readonly countedUnseen: number | null
  /** Version of the device map whose rule decided; null where no rule did. */
  readonly rule: string | null
  readonly marks: readonly Mark[]
  /** Words that central held for an interval which this log did not begin; they are kept as they are. */
  readonly remark?: string | undefined
}

/** An interval began. */
export interface StatusOpened extends Event, StatusFindings {
  readonly kind: 'status.opened'
  readonly previousStatus: Status | null
  readonly status: Status
  readonly reason: string | null
  readonly workOrder: string | null
}

/** Something was learnt about an interval, or it ended. `at` is when it began. */
export interface StatusAmended extends Event, StatusFindings {
  readonly kind: 'status.amended'
  readonly reason: string | null
  readonly workOrder: string | null
  /** Null while it goes on. */
  readonly ended: Ending | null
}

/** @throws Unreadable */
export function readStatusFindings(fields: Fields): StatusFindings {
  return {
    cause: readEvidence(fields, 'cause'),
    countedUnseen: fields.numberOrNull('countedUnseen') || null,
    rule: fields.textOrNull('rule'),
    marks: readMarks(fields, 'marks'),
    remark: fields.textIfAny('remark'),
  }
}
