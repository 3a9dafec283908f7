/** The way of an event after it was found: the local log, and each destination. */
import type { RouteHealth, UploadHealth } from '../../domain/health.ts'
import type { ConsumerStats } from '../../domain/outbox.ts'
import { counter, type Family, gauge, histogram, seconds } from '../family.ts'
import type { GatewaySight } from '../sight.ts'

/** A route out of a file that has not started has no numbers yet. */
type AnyRoute = RouteHealth & Partial<Omit<UploadHealth, keyof RouteHealth>>

export const outboxFamilies: readonly Family<GatewaySight>[] = [
  gauge({
    name: 'millrace_outbox_pending_events',
    help: 'Events that the slowest destination which must have them all has not acknowledged.',
    read: ({ report }) => [[report.outbox.summary.pending]],
  }),
  gauge({
    name: 'millrace_outbox_oldest_pending_age_seconds',
    help: 'How long ago the oldest of these was captured; 0 where there is none.',
    read: ({ report }) => [[ageOf(report.outbox.summary.oldestPendingAtMs, report.nowMs)]],
  }),
  gauge({
    name: 'millrace_outbox_bytes',
    help: 'What the local log takes of the disk.',
    read: ({ report }) => [[report.outbox.summary.bytes]],
  }),
  gauge({
    name: 'millrace_outbox_max_bytes',
    help: 'The bound of that, buffer.max_size.',
    read: ({ report }) => [[report.outbox.summary.maxBytes]],
  }),
  gauge({
    name: 'millrace_outbox_held_open_bytes',
    help: 'How much of that the log cannot be rid of, because another program holds it open.',
    read: ({ report }) => [[report.outbox.summary.heldOpenBytes]],
  }),
  gauge({
    name: 'millrace_outbox_blocked',
    help: '1 while nothing can be stored; 0 else.',
    read: ({ report }) => [[report.outbox.summary.blocked === null ? 0 : 1]],
  }),
  gauge({
    name: 'millrace_outbox_uncommitted_entries',
    help: 'What waits in memory for the disk.',
    read: ({ report }) => [[report.outbox.summary.uncommitted]],
  }),
  counter({
    name: 'millrace_outbox_events_total',
    help: 'Events that were ever stored in this log: the number of the last one.',
    read: ({ report }) => [[report.outbox.summary.lastSeq]],
  }),
  histogram({
    name: 'millrace_outbox_commit_seconds',
    help: 'From handing a group of events to the disk until it is durable there.',
    read: ({ report }) => [[report.outbox.summary.commitTimes]],
  }),
]

export const routeFamilies: readonly Family<GatewaySight>[] = [
  gauge({
    name: 'millrace_route_up',
    help: '1 while the destination of the route is connected and takes events; 0 else.',
    ...perRoute(({ state }) => (state === 'connected' ? 1 : 0)),
  }),
  gauge({
    name: 'millrace_route_state',
    help: 'Always 1: the state of the route now: connecting, connected, away, waiting, fenced or held.',
    labels: ['route', 'state'],
    read: (sight) => routesOf(sight).map(({ route, state }) => [route, state, 1]),
  }),
  gauge({
    name: 'millrace_route_state_timestamp_seconds',
    help: 'When the route got into its present state, in seconds since 1970.',
    ...perRoute(({ sinceMs }) => seconds(sinceMs)),
  }),
  gauge({
    name: 'millrace_route_pending_events',
    help: 'Kept events that the route has not acknowledged.',
    ...perConsumer(({ pending }) => pending),
  }),
  gauge({
    name: 'millrace_route_lag_seconds',
    help: 'How long ago the oldest of these was captured; 0 where there is none.',
    ...perConsumer(({ oldestPendingAtMs }, nowMs) => ageOf(oldestPendingAtMs, nowMs)),
  }),
  counter({
    name: 'millrace_route_missed_events_total',
    help: 'Events that were removed before a route at best effort had read them.',
    ...perConsumer(({ missed }) => missed),
  }),
  gauge({
    name: 'millrace_route_quarantined_events',
    help: 'Events that the destination refused for themselves, and that are set aside.',
    ...perRoute(({ quarantineCount }) => quarantineCount),
  }),
  counter({
    name: 'millrace_route_batches_total',
    help: 'Batches that have landed at the destination since the start.',
    ...perRoute(({ counts }) => counts?.batches),
  }),
  counter({
    name: 'millrace_route_events_total',
    help: 'Events in these batches.',
    ...perRoute(({ counts }) => counts?.events),
  }),
  histogram({
    name: 'millrace_route_push_seconds',
    help: 'From the beginning of a batch to its end at the destination.',
    labels: ['route'],
    read: (sight) => routesOf(sight).map(({ route, counts }) => [route, counts?.pushTimes]),
  }),
  gauge({
    name: 'millrace_route_clock_offset_seconds',
    help: "The destination's clock minus this computer's, as far as it is proven; no sample before the first connection.",
    ...perRoute(({ clockOffsetMs }) => seconds(clockOffsetMs)),
  }),
]

function routesOf({ report }: GatewaySight): readonly AnyRoute[] {
  return [...report.routes.map(({ summary }) => summary), ...report.routeFiles.summary]
}

function perRoute(value: (route: AnyRoute) => number | null | undefined) {
  return {
    labels: ['route'],
    read: (sight: GatewaySight) => routesOf(sight).map((one) => [one.route, value(one)] as const),
  }
}

function perConsumer(value: (consumer: ConsumerStats, nowMs: number) => number) {
  return {
    labels: ['route'],
    read: ({ report: { outbox, nowMs } }: GatewaySight) =>
      outbox.summary.consumers.map((one) => [one.name, value(one, nowMs)] as const),
  }
}

function ageOf(atMs: number | null, nowMs: number): number {
  return atMs === null ? 0 : seconds(Math.max(0, nowMs - atMs))
}
