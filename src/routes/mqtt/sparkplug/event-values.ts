/** What an event says, as values of metrics. */

import type { OutwardValue } from '../../../domain/events/outward/field.ts'
import type { OutwardEvent } from '../../../domain/events/outward.ts'
import { utcMs } from '../../../domain/instant.ts'
import type { MetricValue } from '../../../mqtt/sparkplug/metric-value.ts'
import { DOWNTIME_OPEN, EVENT_METRICS, type EventGroup, FIELDS, type MetricDefinition } from './metrics.ts'

/** A value of a metric, and from when on it holds, in ms since 1970 UTC. */
export interface HeldValue {
  readonly metric: MetricDefinition
  readonly value: MetricValue | null
  readonly at: number
}

/**
 * The values of an event, with the moment from which on they hold. What is learnt about an interval that goes on holds
 * since it began, and what is said of one that has ended since its end; so an interval is never said to go on by what was learnt late.
 */
export function eventValues(event: OutwardEvent): readonly HeldValue[] {
  const { group, at } = sayingOf(event)
  const said: HeldValue[] = [...FIELDS[group]].flatMap(([name, metric]) =>
    name in event.fields ? [{ metric, at, value: metricValue(metric, event.fields[name] ?? null) }] : [],
  )
  const capturedAt = metricValue(EVENT_METRICS.capturedAt, event.fields.captured_at ?? null)
  // The log is in the order of capture, and these metrics are of every event in turn.
  const own = { at: typeof capturedAt === 'number' ? capturedAt : at }
  said.push(
    { ...own, metric: EVENT_METRICS.id, value: event.id },
    { ...own, metric: EVENT_METRICS.kind, value: event.kind },
    { ...own, metric: EVENT_METRICS.capturedAt, value: capturedAt },
  )
  if (group !== 'Downtime') return said
  return [{ metric: DOWNTIME_OPEN, at, value: (event.fields.ended_at ?? null) === null }, ...said]
}

/** Of which group an event speaks, and from when on what it says holds. */
function sayingOf({ kind, at, fields }: OutwardEvent): { readonly group: EventGroup; readonly at: number } {
  const happened = utcMs(at)
  if (kind === 'scan') return { group: 'Scan', at: happened }
  if (kind === 'scan.undone') return { group: 'Undone', at: happened }
  if (kind === 'link') return { group: 'Link', at: happened }
  const isStop = kind.startsWith('downtime.')
  const ended = fields.ended_at
  if (typeof ended === 'string') return { group: isStop ? 'Downtime' : 'Ended', at: utcMs(ended) }
  const began = fields.started_at
  return { group: isStop ? 'Downtime' : 'Status', at: typeof began === 'string' ? utcMs(began) : happened }
}

function metricValue({ type }: MetricDefinition, value: OutwardValue): MetricValue | null {
  if (value === null) return null
  if (typeof value === 'object') return JSON.stringify(value)
  if (type === 'DateTime') return typeof value === 'string' ? utcMs(value) : null
  // A number that is no whole one cannot be an id; nothing else than a damaged event would have it.
  if (type === 'Int64') return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null
  return value
}
