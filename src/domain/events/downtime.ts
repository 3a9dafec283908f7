/** Stops of a machine that lasted long enough to count. An amendment says everything that can change, so the last one is whole. */
import type { Category } from '../status.ts'
import type { Ending, Event } from './event.ts'
import type { Fields } from './fields.ts'

/** What is known of a stop, besides when it ended. */
export interface DowntimeFindings {
  /** Null until a reason is known. */
  readonly reason: string | null
  readonly category: Category | null
  readonly workOrder: string | null
  /** The code that the PLC showed; null where the reason came from elsewhere. */
  readonly code: string | null
  /** Codes that came later in the same stop, bounded. */
  readonly laterCodes: readonly string[]
  /** Version of the device map whose rule decided; null where no rule did. */
  readonly rule: string | null
  /** `users.id` of who gave the reason; absent where nobody did. */
  readonly reportedBy?: number | undefined
  /** `users.id` of who ended the stop by starting the machine or releasing it; absent where nobody did. */
  readonly resolvedBy?: number | undefined
  /** Reasons that stood here before somebody named another one, oldest first, bounded; absent where nobody did. */
  readonly correctedFrom?: readonly string[] | undefined
  /** Another part of the stop lay before a time that was not planned, and has a row of its own; absent where there is none. */
  readonly continues?: true | undefined
  /** Words that central held for a stop which this log did not begin; they are kept as they are. */
  readonly remark?: string | undefined
}

/** A stop has lasted `micro_stop_below`. `at` is when it began. */
export interface DowntimeOpened extends Event, DowntimeFindings {
  readonly kind: 'downtime.opened'
}

/** Something was learnt about a stop, or it ended. */
export interface DowntimeAmended extends Event, DowntimeFindings {
  readonly kind: 'downtime.amended'
  /** Null while it goes on; `at` is when it ended, by the wall clock. */
  readonly ended: (Ending & { readonly at: string }) | null
  /** It had ended before: this is no end, but what was learnt since. Absent in what earlier versions wrote. */
  readonly afterEnd?: true | undefined
}

/** @throws Unreadable */
export function readDowntimeFindings(fields: Fields): DowntimeFindings {
  return {
    reason: fields.textOrNull('reason'),
    category: fields.textOrNull('category') as Category | null,
    workOrder: fields.textOrNull('workOrder'),
    code: fields.textOrNull('code'),
    laterCodes: fields.texts('laterCodes'),
    rule: fields.textOrNull('rule'),
    reportedBy: fields.numberIfAny('reportedBy'),
    resolvedBy: fields.numberIfAny('resolvedBy'),
    correctedFrom: fields.textsIfAny('correctedFrom'),
    continues: fields.flagIfAny('continues') || undefined,
    remark: fields.textIfAny('remark'),
  }
}
