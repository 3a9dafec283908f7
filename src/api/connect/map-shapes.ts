/**
 * What goes over the wire when the map is made, and when one is played live before it is saved.
 *
 *     POST   /connect/map                  mapAsk    → madeMap      the text and its faults; nothing is saved
 *     POST   /connect/live                 liveAsk   → liveSession
 *     GET    /connect/live/:live/pictures  (stream)    livePicture  twice a second
 *     DELETE /connect/live/:live                     → ended
 *
 * A map is saved by `PUT /maps/FILE`. A caller has one live session for each device; one that nobody watches ends after a minute.
 */
import { z } from 'zod'
import { deviceKeys, signalDraft } from './device-shapes.ts'
import { ruleDraft } from './teach-shapes.ts'

/** A fault with its place in the text, as `check` says it. */
const mapFault = z.object({
  line: z.number().nullable(),
  column: z.number().nullable(),
  path: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
})

/** In characters. Larger ones are a matter of the page Edit: a map is put together and played by the thread that polls. */
const TEXT_MAX = 200_000

export const mapAsk = z.strictObject({
  machine: z.string().trim().min(1).max(100),
  /** The first comment: what kind of machine it is. */
  about: z.string().max(500).optional(),
  device: deviceKeys,
  signals: z.array(signalDraft).max(2_000).default([]),
  status: z.array(ruleDraft).max(200).default([]),
  /** The table of reasons of a fault code, by signal and by code. */
  reasons: z
    .record(
      z.string().max(96),
      z.record(
        z.string().max(40),
        z.strictObject({
          code: z.string().min(1).max(100),
          category: z.string().max(40).optional(),
          text: z.string().max(255).optional(),
        }),
      ),
    )
    .optional(),
  /** Other keys of a map, such as `pulse`, `preset`, `stops`. */
  others: z.record(z.string().max(40), z.unknown()).default({}),
  /** Derive and show, and send nothing. */
  is_shadow: z.boolean().default(false),
  /** A map that is there: its comments, its order and what is not named here stay. */
  present: z.strictObject({ text: z.string().max(TEXT_MAX) }).optional(),
})
export type MapAsk = z.input<typeof mapAsk>

export const madeMap = z.object({
  /** What the file is called mostly: `press-07.yaml`. */
  file: z.string(),
  text: z.string(),
  faults: z.array(mapFault),
  /** What is allowed and mostly a mistake. */
  warnings: z.array(mapFault),
})
export type MadeMap = z.output<typeof madeMap>

export const liveAsk = z.strictObject({
  text: z.string().max(TEXT_MAX),
  /** The map's file, where it has one: tables and profiles beside it are found from there. */
  file: z.string().max(200).optional(),
})
export const liveParams = z.strictObject({ live: z.uuid() })
export const liveSession = z.object({
  /** Null where the map has faults: it cannot be played. */
  live: z.uuid().nullable(),
  faults: z.array(mapFault),
  /** What to know before: the gateway reads a device of it that may have room for one client only. */
  remarks: z.array(z.string()),
})
export type LiveSession = z.output<typeof liveSession>

const verdictStatus = z.object({
  is: z.string(),
  reason: z.string().nullable(),
})
export const livePicture = z.object({
  at: z.string(),
  devices: z.array(z.object({ id: z.string(), state: z.string(), error: z.string().nullable() })),
  signals: z.array(
    z.object({
      signal: z.string(),
      device: z.string(),
      address: z.string(),
      /** As text; null before the first value, or where the device has none. */
      raw: z.string().nullable(),
      value: z.string().nullable(),
      unit: z.string().nullable(),
      quality: z.enum(['good', 'uncertain', 'bad']),
      age_s: z.number().nullable(),
      doubt: z.string().nullable(),
      causes: z.array(z.string()),
    }),
  ),
  rules: z.array(z.object({ text: z.string(), is_matching: z.boolean() })),
  /** Why the rules cannot decide. */
  obstacle: z.string().nullable(),
  is_transient: z.boolean(),
  status: verdictStatus
    .extend({ since: z.string(), for_s: z.number(), downtime_in_s: z.number().nullable() })
    .nullable(),
  /** The status that follows if what is shown now holds. */
  next: verdictStatus.extend({ in_s: z.number() }).nullable(),
})
export type PictureOnWire = z.output<typeof livePicture>
