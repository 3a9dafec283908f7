/**
 * What goes over the wire about the whole line.
 *
 *     GET    /line                              lineShape
 *     GET    /line/events                       lineChange       a stream: all tiles first, then those that have changed
 *     GET    /line/timelines                    spanQuery        → timelinesShape
 *     GET    /line/sums                         spanQuery        → sumsShape
 *
 * Moments are UTC texts, durations are in seconds.
 */
import { z } from 'zod'

const moment = z.string()
const textOrNull = z.string().nullable()

const tileShape = z.object({
  machine: z.string(),
  /** Where it stands in the plant, as far as its map says it. */
  area: textOrNull,
  line: textOrNull,
  cell: textOrNull,
  /** Null: it was never seen. */
  status: textOrNull,
  since: moment.nullable(),
  /** `NO_DATA`: nothing of it can be seen now. */
  reason: textOrNull,
  work_order: textOrNull,
  /** `users.id` of who is badged in; the gateway's copy of the users holds no names. */
  operator: z.int().nullable(),
  /** The status that somebody has declared. */
  declared: textOrNull,
  shift: textOrNull,
  /** What the counters of the map show; how much that is since a moment is not kept. */
  counters: z.array(z.object({ signal: z.string(), value: z.number() })),
  /** `live`: all that decides its status was read just now; `late`: that was last so at `last_seen`; `never`: not yet. */
  data: z.enum(['live', 'late', 'never']),
  /** Only while it is late. */
  last_seen: moment.nullable(),
  /** Its map, and how many faults the file has while an earlier version of it is in force. */
  map: z.object({ file: z.string(), faults: z.int() }).nullable(),
  /** Since when it is only shown, and nothing of it is stored or delivered; null: it is not. */
  shadow_since: moment.nullable(),
})
export type LineTile = z.output<typeof tileShape>

export const lineShape = z.object({ at: moment, machines: z.array(tileShape) })
export type LineOnWire = z.output<typeof lineShape>

/** One event of the stream. Who finds that a turn was left out asks for all of them again. */
export const lineChange = z.object({
  turn: z.int(),
  /** These are all tiles, and not only those that have changed. */
  is_whole: z.boolean(),
  machines: z.array(tileShape),
  /** Codes of machines that are gone. */
  gone: z.array(z.string()),
})
export type LineChange = z.output<typeof lineChange>

export const spanQuery = z.object({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  /** Codes, each as in an address (`encodeURIComponent`), with commas between them; all machines, where it is absent. */
  machines: z.string().max(8_000).optional(),
})

/** How far the history goes. */
const reachKeys = {
  from: moment,
  to: moment,
  /** Before this, the local log keeps nothing; null: it holds no event yet. */
  kept_from: moment.nullable(),
  /** Events of the local log that are not taken in yet. */
  missing_events: z.int(),
  /** Why it does not go on, in words. */
  halted: textOrNull,
}

export const stretchShape = z.object({
  from: moment,
  to: moment,
  /** `running`, `standing`: seen in planned time; `unplanned`: not meant to run; `unseen`: not to be seen, or not known. */
  use: z.enum(['running', 'standing', 'unplanned', 'unseen']),
  status: z.string().optional(),
  reason: z.string().optional(),
  category: z.string().optional(),
  work_order: z.string().optional(),
  /** `users.id` of who declared the status or gave the reason. */
  operator: z.int().optional(),
  marks: z.array(z.string()).optional(),
  lasted_s: z.number(),
  /** When the row began, where that was before. */
  since: moment.optional(),
  is_open: z.literal(true).optional(),
  /** Of what was not seen: why, as a word; `not_kept`: the log reaches no further back; `unknown`. */
  why: z.string().optional(),
  detail: z.string().optional(),
})
export type StretchOnWire = z.output<typeof stretchShape>

/** From this moment on the plant's time is planned or not. */
const turnShape = z.object({ at: moment, shift: textOrNull, unplanned: textOrNull })

export const timelinesShape = z.object({
  ...reachKeys,
  machines: z.array(z.object({ machine: z.string(), stretches: z.array(stretchShape) })),
  /** Where shifts and breaks begin and end, as far as they are known: about from yesterday on. */
  turns: z.array(turnShape),
})
export type TimelinesOnWire = z.output<typeof timelinesShape>

export const timeKeys = {
  /** Running over running and standing, from 0 to 1; null: no planned time was seen. */
  availability: z.number().nullable(),
  running_s: z.number(),
  standing_s: z.number(),
  unplanned_s: z.number(),
  unseen_s: z.number(),
}

const stopSumShape = z.object({
  /** Null: nobody has said why. */
  reason: textOrNull,
  category: textOrNull,
  count: z.int(),
  lasted_s: z.number(),
})
export type StopSumOnWire = z.output<typeof stopSumShape>

export const sumsShape = z.object({
  ...reachKeys,
  /** Of all machines that were asked about. */
  line: z.object({ ...timeKeys, stops: z.array(stopSumShape) }),
  machines: z.array(z.object({ machine: z.string(), ...timeKeys })),
})
export type SumsOnWire = z.output<typeof sumsShape>
