/**
 * The metrics of a machine or station, made of the vocabulary in which events leave the gateway: `Status/State`, `Downtime/Reason`,
 * `Scan/Data`. Every field of every kind has its metric, so that nothing of an event is lost on the way.
 */

import type { OutwardField, OutwardType } from '../../../domain/events/outward/field.ts'
import { OUTWARD_KINDS } from '../../../domain/events/outward.ts'
import type { MetricType } from '../../../mqtt/sparkplug/metric-types.ts'

/** One metric, as births define it. */
export interface MetricDefinition {
  readonly name: string
  readonly type: MetricType
  /** `s`, `min`; absent where it has none. */
  readonly unit?: string
}

/**
 * The groups of metrics of events. `Status` is what a machine does now, `Ended` the interval of status that ended last. A stop has one
 * group for all of its life, and says whether it goes on.
 */
export type EventGroup = 'Status' | 'Ended' | 'Downtime' | 'Scan' | 'Undone' | 'Link'

/** Out of which kinds of events a group is made. */
const KINDS_OF: Readonly<Record<EventGroup, readonly string[]>> = {
  Status: ['status.opened', 'status.amended'],
  Ended: ['status.closed', 'status.amended'],
  Downtime: ['downtime.opened', 'downtime.amended', 'downtime.closed'],
  Scan: ['scan'],
  Undone: ['scan.undone'],
  Link: ['link'],
}

/** Fields that belong to the event, to the device or to the edge node, and are said there. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['id', 'kind', 'at', 'captured_at', 'gateway', 'station'])
/** Fields whose metrics have names of their own; others are called as they are: `work_order` is `WorkOrder`. */
const NAMES: Readonly<Record<string, string>> = {
  status: 'State',
  previous_status: 'Previous',
  started_at: 'Since',
  ended_at: 'Until',
  scanned_at: 'At',
  duration_s: 'Duration',
  connected_at: 'ConnectedAt',
}
const UNITS: Readonly<Record<string, string>> = { duration_s: 's', minutes: 'min' }
/** In which type a field travels: lists and groups as JSON. Whole numbers are ids and counts, which may outgrow 32 bits. */
const TYPES: Readonly<Record<OutwardType, MetricType>> = {
  text: 'String',
  uuid: 'String',
  integer: 'Int64',
  number: 'Double',
  flag: 'Boolean',
  time: 'DateTime',
  list: 'String',
  group: 'String',
}

/** What each event says of itself, together with its values. */
export const EVENT_METRICS = {
  id: { name: 'Event/ID', type: 'String' },
  kind: { name: 'Event/Kind', type: 'String' },
  capturedAt: { name: 'Event/Captured', type: 'DateTime' },
} as const satisfies Readonly<Record<string, MetricDefinition>>

/** What a machine shows beside its events; no event is made of it. */
export const PRESENT_METRICS = {
  operator: { name: 'Present/Operator', type: 'Int64' },
  declared: { name: 'Present/Declared', type: 'String' },
  shift: { name: 'Present/Shift', type: 'String' },
} as const satisfies Readonly<Record<string, MetricDefinition>>

/** Whether a stop that counts goes on. */
export const DOWNTIME_OPEN = { name: 'Downtime/Open', type: 'Boolean' } as const satisfies MetricDefinition

/** The fields of a group, each with its metric. */
export const FIELDS: Readonly<Record<EventGroup, ReadonlyMap<string, MetricDefinition>>> = {
  Status: fieldsOf('Status'),
  Ended: fieldsOf('Ended'),
  Downtime: fieldsOf('Downtime'),
  Scan: fieldsOf('Scan'),
  Undone: fieldsOf('Undone'),
  Link: fieldsOf('Link'),
}

/** All metrics of a machine, in the order of its birth. */
export const MACHINE_METRICS: readonly MetricDefinition[] = [
  ...FIELDS.Status.values(),
  ...Object.values(PRESENT_METRICS),
  ...FIELDS.Ended.values(),
  DOWNTIME_OPEN,
  ...FIELDS.Downtime.values(),
  ...FIELDS.Link.values(),
  ...Object.values(EVENT_METRICS),
]

/** All metrics of a station. */
export const STATION_METRICS: readonly MetricDefinition[] = [
  ...FIELDS.Scan.values(),
  ...FIELDS.Undone.values(),
  ...FIELDS.Link.values(),
  ...Object.values(EVENT_METRICS),
]

function fieldsOf(group: EventGroup): ReadonlyMap<string, MetricDefinition> {
  const kinds = OUTWARD_KINDS.filter(({ kind }) => KINDS_OF[group].includes(kind))
  const fields = kinds.flatMap((kind) => kind.fields).filter((field) => isSaidIn(group, field))
  return new Map(fields.map((field) => [field.name, metricOf(group, field)]))
}

/** A device says by its name which machine it is; only of a scan it has to be said. What goes on has not ended. */
function isSaidIn(group: EventGroup, { name }: OutwardField): boolean {
  if (name === 'machine') return group === 'Scan'
  if (group === 'Status' && ['ended_at', 'duration_s', 'minutes'].includes(name)) return false
  return !SAID_ELSEWHERE.has(name)
}

function metricOf(group: EventGroup, { name, type }: OutwardField): MetricDefinition {
  const unit = UNITS[name]
  return {
    name: `${group}/${NAMES[name] ?? pascalCase(name)}`,
    type: TYPES[type],
    ...(unit !== undefined && { unit }),
  }
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
