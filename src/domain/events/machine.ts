/** The kinds of events about a machine, and how each is read. */
import type { Status } from '../status.ts'
import type { EventKind } from './codec.ts'
import { type DowntimeAmended, type DowntimeOpened, readDowntimeFindings } from './downtime.ts'
import { EVENT_VERSION } from './event.ts'
import { type Fields, readEnding } from './fields.ts'
import { readStatusFindings, type StatusAmended, type StatusOpened } from './status.ts'
import { downtimeAmended0, downtimeOpened0, statusAmended0, statusOpened0 } from './version-0.ts'

/** What can happen to a machine. */
export type MachineEvent = StatusOpened | StatusAmended | DowntimeOpened | DowntimeAmended

// Each event is written out field by field: a backlog is read by the hundred thousand, and spreading one object into
// another takes several times as long.

const statusOpened: EventKind<StatusOpened> = {
  kind: 'status.opened',
  read: (fields) => {
    if (fields.v === 0) return statusOpened0(fields)
    const { v, at, subject } = fields.head(EVENT_VERSION)
    const findings = readStatusFindings(fields)
    const { cause, countedUnseen, rule, marks, unseen, declaredBy, correctedFrom, became, remark } = findings
    const previousStatus = fields.textOrNull('previousStatus') as Status | null
    const status = fields.text('status') as Status
    const reason = fields.textOrNull('reason')
    const workOrder = fields.textOrNull('workOrder')
    const kind = 'status.opened'
    return {
      v,
      kind,
      at,
      subject,
      previousStatus,
      status,
      reason,
      workOrder,
      cause,
      countedUnseen,
      rule,
      marks,
      unseen,
      declaredBy,
      correctedFrom,
      became,
      remark,
    }
  },
}

const statusAmended: EventKind<StatusAmended> = {
  kind: 'status.amended',
  read: (fields) => {
    if (fields.v === 0) return statusAmended0(fields)
    const { v, at, subject } = fields.head(EVENT_VERSION)
    const findings = readStatusFindings(fields)
    const { cause, countedUnseen, rule, marks, unseen, declaredBy, correctedFrom, became, remark } = findings
    const reason = fields.textOrNull('reason')
    const workOrder = fields.textOrNull('workOrder')
    const ended = readEnding(fields)
    const status = fields.textIfAny('status') as Status | undefined
    const afterEnd = fields.flagIfAny('afterEnd') || undefined
    const kind = 'status.amended'
    return {
      v,
      kind,
      at,
      subject,
      reason,
      workOrder,
      cause,
      countedUnseen,
      rule,
      marks,
      unseen,
      declaredBy,
      correctedFrom,
      became,
      remark,
      ended,
      status,
      afterEnd,
    }
  },
}

const downtimeOpened: EventKind<DowntimeOpened> = {
  kind: 'downtime.opened',
  read: (fields) => {
    if (fields.v === 0) return downtimeOpened0(fields)
    const { v, at, subject } = fields.head(EVENT_VERSION)
    const findings = readDowntimeFindings(fields)
    const { reason, category, workOrder, code, laterCodes, rule, remark } = findings
    const { reportedBy, resolvedBy, correctedFrom, continues } = findings
    const kind = 'downtime.opened'
    return {
      v,
      kind,
      at,
      subject,
      reason,
      category,
      workOrder,
      code,
      laterCodes,
      rule,
      reportedBy,
      resolvedBy,
      correctedFrom,
      continues,
      remark,
    }
  },
}

const downtimeAmended: EventKind<DowntimeAmended> = {
  kind: 'downtime.amended',
  read: (fields) => {
    if (fields.v === 0) return downtimeAmended0(fields)
    const { v, at, subject } = fields.head(EVENT_VERSION)
    const findings = readDowntimeFindings(fields)
    const { reason, category, workOrder, code, laterCodes, rule, remark } = findings
    const { reportedBy, resolvedBy, correctedFrom, continues } = findings
    const ended = readStopEnding(fields)
    const afterEnd = fields.flagIfAny('afterEnd') || undefined
    const kind = 'downtime.amended'
    return {
      v,
      kind,
      at,
      subject,
      reason,
      category,
      workOrder,
      code,
      laterCodes,
      rule,
      reportedBy,
      resolvedBy,
      correctedFrom,
      continues,
      remark,
      ended,
      afterEnd,
    }
  },
}

export const MACHINE_EVENT_KINDS = [statusOpened, statusAmended, downtimeOpened, downtimeAmended] as const

const NAMES: ReadonlySet<string> = new Set(MACHINE_EVENT_KINDS.map(({ kind }) => kind))

/** Whether an event is of one of the kinds of this file. */
export function isMachineEvent(event: { readonly kind: string }): event is MachineEvent {
  return NAMES.has(event.kind)
}

function readStopEnding(fields: Fields): DowntimeAmended['ended'] {
  const ending = readEnding(fields)
  return ending && { ...ending, at: fields.group('ended').text('at') }
}
