/** What goes over the wire about delivery. The pages take their types from here. Moments are UTC texts. */
import { z } from 'zod'

const forecastSchema = z.object({
  /**
   * `empty`: nothing waits; `keeps-up`: what comes goes out at once; `drains`: empty in `minutes` at this rate; `grows`: more comes than
   * goes out; `stands`: neither changes it; `unknown`: it has not been watched for long enough.
   */
  outlook: z.enum(['empty', 'keeps-up', 'drains', 'grows', 'stands', 'unknown']),
  minutes: z.number().nullable(),
  in_per_min: z.number().nullable(),
  out_per_min: z.number().nullable(),
  /** Over how many seconds that was measured. */
  measured_s: z.number(),
})
export type ForecastShape = z.infer<typeof forecastSchema>

const routeStandingSchema = z.object({
  route: z.string(),
  /** Of central; every other one is described by a file. */
  is_central: z.boolean(),
  must: z.enum(['deliver', 'best-effort']),
  state: z.enum(['connecting', 'connected', 'away', 'waiting', 'fenced', 'held']),
  since: z.string(),
  /** In words, with what to do about it. */
  cause: z.string().nullable(),
  pending: z.number(),
  oldest_at: z.string().nullable(),
  /** Events that were removed before the route had them. */
  missed: z.number(),
  /** The last event that has landed; null of a route that cannot run. */
  last_seq: z.number().nullable(),
  clock_offset_ms: z.number().nullable(),
  /** As last counted by whoever delivers. */
  quarantined: z.number(),
  forecast: forecastSchema,
})
export type RouteStandingShape = z.infer<typeof routeStandingSchema>

const lossSchema = z.object({
  first_seq: z.number(),
  last_seq: z.number(),
  damage: z.string(),
  at: z.string(),
})

/** How full the local log is, and how far it is delivered. */
export const deliverySchema = z.object({
  outbox: z.object({
    pending: z.number(),
    oldest_at: z.string().nullable(),
    last_seq: z.number(),
    bytes: z.number(),
    max_bytes: z.number(),
    /** Of these, what another program keeps in use by reading the file. */
    held_open_bytes: z.number(),
    /** Why nothing can be stored right now. */
    blocked: z.string().nullable(),
  }),
  routes: z.array(routeStandingSchema),
  /** What waited for the slowest route that must deliver, once a minute: the most of that minute. */
  depth: z.array(z.object({ at: z.string(), pending: z.number() })),
  /** Events that went with damaged logs, as far as central has not been told of them yet. */
  losses: z.array(lossSchema),
  /** Why this log was begun in place of another one. */
  replaced: z.object({ damage: z.string(), at: z.string() }).nullable(),
  /** By the clock of the gateway. */
  now: z.string(),
})
export type DeliveryShape = z.infer<typeof deliverySchema>

const rowKeySchema = z.object({ incarnation: z.string().max(100), seq: z.int().min(0) })

const setAsideRowSchema = rowKeySchema.extend({
  /** The code of the machine or station. */
  about: z.string(),
  subject: z.string(),
  kind: z.string(),
  at: z.string(),
  /** In the destination's words, with what to do about it. */
  reason: z.string(),
  fields: z.record(z.string(), z.string()),
})
export type SetAsideRowShape = z.infer<typeof setAsideRowSchema>

const setAsideKindSchema = z.object({ about: z.string(), reason: z.string(), count: z.number() })
export type SetAsideKindShape = z.infer<typeof setAsideKindSchema>

const routeQuarantineSchema = z.object({
  route: z.string(),
  count: z.number(),
  kinds: z.array(setAsideKindSchema),
  /** The first of them; all kinds are counted. */
  rows: z.array(setAsideRowSchema),
  /** Why its destination cannot be asked now: then the count is the last one known here, and there are no rows. */
  fault: z.object({ what: z.string(), hint: z.string().nullable() }).nullable(),
})
export type RouteQuarantineShape = z.infer<typeof routeQuarantineSchema>

/** What every route has set aside. */
export const quarantineSchema = z.object({ routes: z.array(routeQuarantineSchema) })
export type QuarantineShape = z.infer<typeof quarantineSchema>

/** Which rows are meant: one, all of one machine for one reason, or all of the route. */
const chosenRowsSchema = z.discriminatedUnion('which', [
  rowKeySchema.extend({ which: z.literal('one') }),
  z.object({ which: z.literal('kind'), about: z.string().max(300), reason: z.string().max(10_000) }),
  z.object({ which: z.literal('all') }),
])
export type ChosenRowsShape = z.infer<typeof chosenRowsSchema>

/** Rows that are to be tried again. */
export const retrySchema = z.strictObject({ route: z.string().max(200), rows: chosenRowsSchema })
export const retriedSchema = z.object({ landed: z.number(), left: z.number() })
export type RetriedShape = z.infer<typeof retriedSchema>

/** Rows that nobody wants. */
export const discardSchema = retrySchema.extend({
  /** How many of them whoever decides was shown: nothing is given up where there are others by now. */
  count: z.int().min(1),
  why: z.string().trim().min(3, 'say why nobody wants them').max(500),
})
export const discardedSchema = z.object({ discarded: z.number(), left: z.number() })
export type DiscardedShape = z.infer<typeof discardedSchema>

const findingSchema = z.object({
  kind: z.enum(['missing', 'different', 'double', 'quarantined']),
  table: z.string(),
  about: z.string(),
  at: z.string(),
  seq: z.number(),
  differences: z.array(z.string()),
})

const auditResultSchema = z.object({
  /** All is there, once, and nothing waits in quarantine. */
  is_clean: z.boolean(),
  acknowledged: z.number(),
  central: z.object({ incarnation: z.string(), seq: z.number() }).nullable(),
  in_step: z.boolean(),
  /** What is wrong with the local log itself. */
  chain: z.array(z.string()),
  compared: z.number(),
  complete: z.boolean(),
  counts: z.record(z.string(), z.number()),
  /** The first of them. */
  findings: z.array(findingSchema),
  /** The events whose rows are missing in central, and can be sent again with `millrace buffer resend`. */
  resend: z.object({ from: z.number(), to: z.number() }).nullable(),
  routes: z.array(
    z.object({
      route: z.string(),
      in_step: z.boolean(),
      pending: z.number(),
      quarantined: z.number(),
      fault: z.string().nullable(),
    }),
  ),
})
export type AuditResultShape = z.infer<typeof auditResultSchema>

/** The comparison of the local log with central: one at a time. */
export const auditJobSchema = z.object({
  state: z.enum(['never', 'running', 'done', 'failed', 'stopped']),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  by: z.string().nullable(),
  progress: z
    .object({
      phase: z.enum(['rows', 'again', 'routes']),
      seq: z.number(),
      last_seq: z.number(),
      compared: z.number(),
      findings: z.number(),
    })
    .nullable(),
  result: auditResultSchema.nullable(),
  fault: z.object({ what: z.string(), hint: z.string().nullable() }).nullable(),
})
export type AuditJobShape = z.infer<typeof auditJobSchema>

const incidentSchema = z.object({
  route: z.string(),
  kind: z.string(),
  at: z.string(),
  detail: z.record(z.string(), z.string()),
})
export type IncidentShape = z.infer<typeof incidentSchema>

/** What was written down at the destinations about this gateway, the newest first. */
export const incidentsSchema = z.object({
  incidents: z.array(incidentSchema),
  faults: z.array(z.object({ route: z.string(), what: z.string(), hint: z.string().nullable() })),
})
export type IncidentsShape = z.infer<typeof incidentsSchema>
