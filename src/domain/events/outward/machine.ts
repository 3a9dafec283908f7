/** Fields of what happens to a machine. */
import { utcMs, utcText } from '../../instant.ts'
import { CATEGORIES, STATUSES } from '../../status.ts'
import type { DowntimeAmended, DowntimeOpened } from '../downtime.ts'
import type { Ending, Event } from '../event.ts'
import type { StatusAmended, StatusOpened } from '../status.ts'
import { capturedAt, commonFields, MACHINE } from './common.ts'
import { always, field, type ReadableField } from './field.ts'

type StatusEvent = StatusOpened | StatusAmended
type DowntimeEvent = DowntimeOpened | DowntimeAmended

const STARTED = always(
  field<Event>(
    'started_at',
    'time',
    'when it began; with the machine, the name of it for its whole life',
    ({ at }) => at,
  ),
)
const MINUTE_FIELD = 'in whole minutes, so rounded that sums stay right'

const STATUS_FIELDS: readonly ReadableField<StatusEvent>[] = [
  field(
    'reason',
    'text',
    'the reason code; NO_DATA: nothing was seen of the machine',
    ({ reason }) => reason,
  ),
  field('work_order', 'text', 'the number of the work order', ({ workOrder }) => workOrder),
  field(
    'operator',
    'integer',
    'users.id of who declared the status by a scan',
    ({ declaredBy }) => declaredBy,
  ),
  field(
    'cause',
    'list',
    'the signals, each with its value, because of which the status was concluded',
    ({ cause }) => cause,
  ),
  field(
    'counted_unseen',
    'number',
    'parts that counters went on by while nothing was seen',
    ({ countedUnseen }) => countedUnseen,
  ),
  field('rule', 'text', 'the version of the device map whose rule decided', ({ rule }) => rule),
  field(
    'unseen_why',
    'text',
    'what kept the machine from being seen, in one word',
    ({ unseen }) => unseen?.why,
  ),
  field('unseen_device', 'text', 'the device that kept it from being seen', ({ unseen }) => unseen?.device),
  field('unseen_signal', 'text', 'the signal that kept it from being seen', ({ unseen }) => unseen?.signal),
  field('unseen_detail', 'text', 'what the device says of it', ({ unseen }) => unseen?.detail),
  field(
    'corrected_from',
    'list',
    'reasons that stood here before somebody named another one',
    ({ correctedFrom }) => correctedFrom,
  ),
  field(
    'remark',
    'text',
    'words that the MES held for an interval which another gateway began',
    ({ remark }) => remark,
  ),
  always(
    field(
      'continues',
      'flag',
      'whether it continues the interval before it, behind a midnight or another work order',
      ({ marks }) => marks.includes('cont'),
    ),
  ),
  always(field('marks', 'list', 'what is remarkable about it, in single words', marksOf)),
]

const STATUS_ENDING: readonly ReadableField<StatusAmended>[] = [
  field('ended_at', 'time', 'when it ended; null while it goes on', endOf),
  ...endingFields<StatusAmended>(),
]

const DOWNTIME_FIELDS: readonly ReadableField<DowntimeEvent>[] = [
  field('reason', 'text', 'the reason code; null until one is known', ({ reason }) => reason),
  field('category', 'text', 'the category of the reason', ({ category }) => category, CATEGORIES),
  field('work_order', 'text', 'the number of the work order', ({ workOrder }) => workOrder),
  field('code', 'text', 'the code that the PLC showed', ({ code }) => code),
  field('later_codes', 'list', 'codes that came later in the same stop', ({ laterCodes }) => laterCodes),
  field('rule', 'text', 'the version of the device map whose rule decided', ({ rule }) => rule),
  field('reported_by', 'integer', 'users.id of who gave the reason', ({ reportedBy }) => reportedBy),
  field('resolved_by', 'integer', 'users.id of who ended the stop', ({ resolvedBy }) => resolvedBy),
  field(
    'corrected_from',
    'list',
    'reasons that stood here before somebody named another one',
    ({ correctedFrom }) => correctedFrom,
  ),
  field(
    'remark',
    'text',
    'words that the MES held for a stop which another gateway began',
    ({ remark }) => remark,
  ),
  always(
    field(
      'continues',
      'flag',
      'whether another part of the stop lay before a time that was not planned',
      ({ continues }) => continues ?? false,
    ),
  ),
]

const DOWNTIME_ENDING: readonly ReadableField<DowntimeAmended>[] = [
  field('ended_at', 'time', 'when it ended; null while it goes on', ({ ended }) => ended?.at),
  ...endingFields<DowntimeAmended>(),
  always(
    field(
      'marks',
      'list',
      'what is remarkable about how it ended, in single words',
      ({ ended }) => ended?.marks ?? [],
    ),
  ),
]

/** `status.opened` */
export const STATUS_OPENED: readonly ReadableField<StatusOpened>[] = [
  ...commonFields<StatusOpened>('status.opened', 'when the interval began', ({ event }) => event.at),
  always(MACHINE),
  always(field('status', 'text', 'what the machine is doing', ({ status }) => status, STATUSES)),
  field(
    'previous_status',
    'text',
    'what it was doing before',
    ({ previousStatus }) => previousStatus,
    STATUSES,
  ),
  STARTED,
  ...STATUS_FIELDS,
]

/** `status.closed` */
export const STATUS_CLOSED: readonly ReadableField<StatusAmended>[] = [
  ...commonFields<StatusAmended>(
    'status.closed',
    'when the interval ended',
    (source) => endOf(source.event) ?? capturedAt(source),
  ),
  always(MACHINE),
  field(
    'status',
    'text',
    'what the machine was doing; null where an earlier version of the gateway ended the interval',
    ({ became, status }) => became ?? status,
    STATUSES,
  ),
  STARTED,
  ...STATUS_ENDING.map(always),
  ...STATUS_FIELDS,
]

/** `status.amended` */
export const STATUS_AMENDED: readonly ReadableField<StatusAmended>[] = [
  ...commonFields<StatusAmended>('status.amended', 'when the gateway learnt of it', capturedAt),
  always(MACHINE),
  field(
    'status',
    'text',
    'what the whole interval turned out to be, where that is not what it was opened as',
    ({ became }) => became,
    STATUSES,
  ),
  STARTED,
  ...STATUS_ENDING,
  ...STATUS_FIELDS,
]

/** `downtime.opened` */
export const DOWNTIME_OPENED: readonly ReadableField<DowntimeOpened>[] = [
  ...commonFields<DowntimeOpened>('downtime.opened', 'when the stop began', ({ event }) => event.at),
  always(MACHINE),
  STARTED,
  ...DOWNTIME_FIELDS,
]

/** `downtime.closed` */
export const DOWNTIME_CLOSED: readonly ReadableField<DowntimeAmended>[] = [
  ...commonFields<DowntimeAmended>(
    'downtime.closed',
    'when the stop ended',
    (source) => source.event.ended?.at ?? capturedAt(source),
  ),
  always(MACHINE),
  STARTED,
  ...DOWNTIME_ENDING.map(always),
  ...DOWNTIME_FIELDS,
]

/** `downtime.amended` */
export const DOWNTIME_AMENDED: readonly ReadableField<DowntimeAmended>[] = [
  ...commonFields<DowntimeAmended>('downtime.amended', 'when the gateway learnt of it', capturedAt),
  always(MACHINE),
  STARTED,
  ...DOWNTIME_ENDING,
  ...DOWNTIME_FIELDS,
]

function endingFields<E extends Event & { readonly ended: Ending | null }>(): readonly ReadableField<E>[] {
  return [
    field(
      'duration_s',
      'number',
      'how long it lasted, in seconds, exact to the millisecond',
      ({ ended }) => ended && ended.durationMs / 1_000,
    ),
    field('minutes', 'integer', `how long it lasted ${MINUTE_FIELD}`, ({ ended }) => ended?.minutes),
  ]
}

function endOf({ at, ended }: StatusAmended): string | null {
  return ended && utcText(utcMs(at) + ended.durationMs)
}

function marksOf(event: StatusEvent): readonly string[] {
  const ending = event.kind === 'status.amended' ? event.ended?.marks : undefined
  return [...new Set([...event.marks, ...(ending ?? [])])]
}
