/**
 * What goes over the wire about trying an edited map on recorded days.
 *
 *     GET    /what-if                           recordedShape    which machines are recorded, and since when
 *     POST   /what-if                           whatIfBody       → whatIfShape
 *
 * Moments are UTC texts, durations are in seconds.
 */
import { z } from 'zod'
import { stretchShape, timeKeys } from '../line/shapes.ts'
import { fileName } from '../maps/shapes.ts'

const moment = z.string()
const textOrNull = z.string().nullable()
const MAP_TEXT_MAX = 1_000_000

export const recordedShape = z.object({
  /** Null: `recording: false`. */
  retention_s: z.number().nullable(),
  machines: z.array(z.object({ machine: z.string(), file: z.string(), recorded_from: moment })),
})
export type RecordedOnWire = z.output<typeof recordedShape>

export const whatIfBody = z.strictObject({
  file: fileName,
  text: z.string().max(MAP_TEXT_MAX),
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
})

const stopShape = z.object({
  from: moment,
  /** Null while it goes on. */
  to: moment.nullable(),
  lasted_s: z.number(),
  /** Null: nobody has said why, and the machine did not either. */
  reason: textOrNull,
  category: textOrNull,
  work_order: textOrNull,
  code: textOrNull,
})
export type WhatIfStop = z.output<typeof stopShape>

const sideShape = z.object({
  ...timeKeys,
  stretches: z.array(stretchShape),
  stops_s: z.number(),
  stops: z.int(),
})
export type WhatIfSide = z.output<typeof sideShape>

const spanShape = z.object({ from: moment, to: moment })
const shownShape = z.object({ status: textOrNull, reason: textOrNull })

export const whatIfShape = z.object({
  machine: z.string(),
  from: moment,
  to: moment,
  /** Since when and up to when anything was recorded. */
  recorded: spanShape,
  /** As it was, by the maps of then; and as it would have been by the edited one. */
  before: sideShape,
  after: sideShape,
  /** Each stop as it was beside what it would be. */
  stops: z.array(
    z.object({
      /** `unknown`: the edited map would have needed there what was not recorded. */
      kind: z.enum(['same', 'changed', 'gone', 'new', 'unknown']),
      before: stopShape.nullable(),
      after: stopShape.nullable(),
      /** What of it is another: `begin`, `end`, `reason`, `category`, `work_order`. */
      changes: z.array(z.string()),
    }),
  ),
  /** When another status or reason is shown. */
  differences: z.array(z.object({ from: moment, to: moment, before: shownShape, after: shownShape })),
  /** How long that is together. */
  different_s: z.number(),
  /** In words, in English. */
  words: z.array(z.string()),
  /** Signals that the edited map reads and that were not recorded. */
  missing: z.array(z.object({ device: z.string(), signal: z.string() })),
  /** When its rules would have needed them: nothing is said of these times. */
  undecided: z.array(spanShape),
  /** Devices that it reaches in another way: what the recorded ones showed stands for them. */
  moved_devices: z.array(z.string()),
  /** Times that were not recorded. */
  lost: z.array(spanShape),
})
export type WhatIfOnWire = z.output<typeof whatIfShape>
export type WhatIfPair = WhatIfOnWire['stops'][number]
