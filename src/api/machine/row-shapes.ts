/**
 * The last rows of a machine, as they go over the wire.
 *
 *     GET    /machines/:machine/rows            rowsQuery        → rowsShape
 */
import { z } from 'zod'

const textOrNull = z.string().nullable()

export const rowsParams = z.object({ machine: z.string().min(1).max(200) })

export const rowsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** Those that began before this moment: the `at` of the last row of the page before. */
  before: z.iso.datetime({ offset: true }).optional(),
})

export const machineRowShape = z.object({
  /** `status`: a row of the machine's status; `downtime`: a stop that lasted long enough to count. */
  kind: z.enum(['status', 'downtime']),
  at: z.string(),
  /** Null: it goes on, or says that nothing is seen. */
  until: textOrNull,
  lasted_s: z.number().nullable(),
  /** The whole minutes that stand in central. */
  minutes: z.int().nullable(),
  /** Of a downtime always null; of a row whose beginning the log keeps no longer, too. */
  status: textOrNull,
  previous_status: textOrNull,
  reason: textOrNull,
  category: textOrNull,
  work_order: textOrNull,
  /** `users.id` of who declared the status or gave the reason, and of who ended the stop. */
  operator: z.int().nullable(),
  resolved_by: z.int().nullable(),
  /** The signals and values that made the rule match. */
  cause: z.array(
    z.object({ signal: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).nullable() }),
  ),
  /** Version of the map whose rule decided. */
  rule: textOrNull,
  marks: z.array(z.string()),
  /** What kept the machine from being seen. */
  unseen: z
    .object({ why: z.string(), device: textOrNull, signal: textOrNull, detail: textOrNull })
    .nullable(),
  /** Parts that counters went on by while nothing was seen. */
  counted_unseen: z.number().nullable(),
  /** The fault code that the PLC showed, and those that came later in the same stop. */
  code: textOrNull,
  later_codes: z.array(z.string()),
  /** Reasons that stood here before, oldest first. */
  corrected_from: z.array(z.string()),
  /** The number of the last event of the local log that says something of it. */
  seq: z.int(),
  /** Whether each route has it as it is now. One that has set it aside has gone past it as well: see `refused`. */
  delivered: z.array(z.object({ route: z.string(), is_delivered: z.boolean() })),
})
export type MachineRow = z.output<typeof machineRowShape>

export const rowsShape = z.object({
  machine: z.string(),
  /** The newest first. */
  rows: z.array(machineRowShape),
  /** Before this, the local log keeps nothing; null: it holds no event yet. */
  kept_from: textOrNull,
  /** Events of the local log that are not taken in yet. */
  missing_events: z.int(),
  /** Rows of this machine that a route has set aside, by reason. */
  refused: z.array(z.object({ route: z.string(), reason: z.string(), count: z.int() })),
})
export type MachineRows = z.output<typeof rowsShape>
