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

const statusOpened: EventKind<StatusOpened> = {
  kind: 'status.opened',
  read: (fields) =>
    fields.v === 0
      ? statusOpened0(fields)
      : {
          ...fields.head(EVENT_VERSION),
          kind: 'status.opened',
          previousStatus: fields.textOrNull('previousStatus') as Status | null,
          status: fields.text('status') as Status,
          ...readReason(fields),
          ...readStatusFindings(fields),
        },
}

const statusAmended: EventKind<StatusAmended> = {
  kind: 'status.amended',
  read: (fields) =>
    fields.v === 0
      ? statusAmended0(fields)
      : {
          ...fields.head(EVENT_VERSION),
          kind: 'status.amended',
          ...readReason(fields),
          ...readStatusFindings(fields),
          ended: readEnding(fields),
        },
}

const downtimeOpened: EventKind<DowntimeOpened> = {
  kind: 'downtime.opened',
  read: (fields) =>
    fields.v === 0
      ? downtimeOpened0(fields)
      : { ...fields.head(EVENT_VERSION), kind: 'downtime.opened', ...readDowntimeFindings(fields) },
}

const downtimeAmended: EventKind<DowntimeAmended> = {
  kind: 'downtime.amended',
  read: (fields) =>
    fields.v === 0
      ? downtimeAmended0(fields)
      : {
          ...fields.head(EVENT_VERSION),
          kind: 'downtime.amended',
          ...readDowntimeFindings(fields),
          ended: readStopEnding(fields),
        },
}

export const MACHINE_EVENT_KINDS = [statusOpened, statusAmended, downtimeOpened, downtimeAmended] as const

const NAMES: ReadonlySet<string> = new Set(MACHINE_EVENT_KINDS.map(({ kind }) => kind))

/** Whether an event is of one of the kinds of this file. */
export function isMachineEvent(event: { readonly kind: string }): event is MachineEvent {
  return NAMES.has(event.kind)
}

function readReason(fields: Fields): Pick<StatusOpened, 'reason' | 'workOrder'> {
  return { reason: fields.textOrNull('reason'), workOrder: fields.textOrNull('workOrder') }
}

function readStopEnding(fields: Fields): DowntimeAmended['ended'] {
  const ending = readEnding(fields)
  return ending && { ...ending, at: fields.group('ended').text('at') }
}
