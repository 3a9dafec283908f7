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
  /** Of a marker: what kept the machine from being seen, where that is known. */
  readonly unseen?: Unseen | undefined
  /** `users.id` of who declared the status; absent where what the machine showed decided it. */
  readonly declaredBy?: number | undefined
  /** Reasons that stood here before somebody named another one, oldest first, bounded; absent where nobody did. */
  readonly correctedFrom?: readonly string[] | undefined
  /** What the whole interval turned out to be, where that is not what it was opened as: a wait that became a long stop. */
  readonly became?: Status | undefined
  /** Words that central held for an interval which this log did not begin; they are kept as they are. */
  readonly remark?: string | undefined
}

/** What keeps a machine from being seen. */
export interface Unseen {
  /**
   * `away`: the device does not answer, or the gateway itself was not there; `missing`: the signal was never read;
   * `bad`, `uncertain`: the device itself says so; `stale`: a heartbeat stands still; `unmeant`: it shows what the map has no meaning for;
   * `unmapped`: the machine's map was taken away; `shadow`: its map was put into shadow, so that what follows is not reported;
   * `out_of_service`: people have taken the machine out of service in the MES.
   */
  readonly why:
    | 'away'
    | 'missing'
    | 'bad'
    | 'uncertain'
    | 'stale'
    | 'unmeant'
    | 'unmapped'
    | 'shadow'
    | 'out_of_service'
  /** Null where the gateway itself is meant, or the map. */
  readonly device: string | null
  /** Null where the device as a whole is meant. */
  readonly signal: string | null
  /** In the device's own words, where it gave any. */
  readonly detail: string | null
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
  /** What the interval was, said by the amendment that ends it; absent where an earlier version ended it. */
  readonly status?: Status | undefined
  /** It had ended before: this is no end, but what was learnt since. Absent in what earlier versions wrote. */
  readonly afterEnd?: true | undefined
}

/** @throws Unreadable */
export function readStatusFindings(fields: Fields): StatusFindings {
  return {
    cause: readEvidence(fields, 'cause'),
    countedUnseen: fields.numberOrNull('countedUnseen') || null,
    rule: fields.textOrNull('rule'),
    marks: readMarks(fields, 'marks'),
    unseen: readUnseen(fields.groupOrNull('unseen')),
    declaredBy: fields.numberIfAny('declaredBy'),
    correctedFrom: fields.textsIfAny('correctedFrom'),
    became: fields.textIfAny('became') as Status | undefined,
    remark: fields.textIfAny('remark'),
  }
}

/** A reason that this version does not know is passed on. */
function readUnseen(fields: Fields | undefined): Unseen | undefined {
  if (!fields) return undefined
  return {
    why: fields.text('why') as Unseen['why'],
    device: fields.textOrNull('device'),
    signal: fields.textOrNull('signal'),
    detail: fields.textOrNull('detail'),
  }
}
