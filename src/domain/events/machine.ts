/** The kinds of events about a machine, and how each is read. */
import type { EventKind } from './codec.ts'
import type { DowntimeAmended, DowntimeOpened } from './downtime.ts'
import { EVENT_VERSION } from './event.ts'
import { type Fields, readEnding, readEvidence, readMarks } from './fields.ts'
import type { StatusAmended, StatusOpened } from './status.ts'
import { downtimeAmended0, downtimeOpened0, statusAmended0, statusOpened0 } from './version-0.ts'

export type MachineEvent = StatusOpened | StatusAmended | DowntimeOpened | DowntimeAmended

const statusOpened: EventKind<StatusOpened> = {
  kind: 'status.opened',
  read: (fields) => {
    if (fields.v === 0) return statusOpened0(fields)
    checkStatus(fields)
    fields.textOrNull('previousStatus')
    fields.text('status')
    return fields.as<StatusOpened>(EVENT_VERSION)
  },
}

const statusAmended: EventKind<StatusAmended> = {
  kind: 'status.amended',
  read: (fields) => {
    if (fields.v === 0) return statusAmended0(fields)
    checkStatus(fields)
    readEnding(fields)
    return fields.as<StatusAmended>(EVENT_VERSION)
  },
}

const downtimeOpened: EventKind<DowntimeOpened> = {
  kind: 'downtime.opened',
  read: (fields) => {
    if (fields.v === 0) return downtimeOpened0(fields)
    checkDowntime(fields)
    return fields.as<DowntimeOpened>(EVENT_VERSION)
  },
}

const downtimeAmended: EventKind<DowntimeAmended> = {
  kind: 'downtime.amended',
  read: (fields) => {
    if (fields.v === 0) return downtimeAmended0(fields)
    checkDowntime(fields)
    readEnding(fields)?.text('at')
    return fields.as<DowntimeAmended>(EVENT_VERSION)
  },
}

export const MACHINE_EVENT_KINDS = [statusOpened, statusAmended, downtimeOpened, downtimeAmended] as const

const NAMES: ReadonlySet<string> = new Set(MACHINE_EVENT_KINDS.map(({ kind }) => kind))

export function isMachineEvent(event: { readonly kind: string }): event is MachineEvent {
  return NAMES.has(event.kind)
}

function checkStatus(fields: Fields): void {
  readEvidence(fields, 'cause')
  fields.number('countedUnseen')
  fields.textOrNull('rule')
  readMarks(fields, 'marks')
  fields.textOrNull('reason')
  fields.textOrNull('workOrder')
}

function checkDowntime(fields: Fields): void {
  fields.textOrNull('reason')
  fields.textOrNull('category')
  fields.textOrNull('workOrder')
  fields.textOrNull('code')
  fields.textOrNull('rule')
  for (const code of fields.list('laterCodes'))
    if (typeof code !== 'string') fields.refuse('laterCodes', 'a list of texts')
}
