/** What goes over the wire about scanners. The pages take their types from here. Moments are UTC texts. */
import { z } from 'zod'

const countedSchema = z.object({ why: z.string(), count: z.number(), last: z.string() })

const scannerSchema = z.object({
  scanner: z.string(),
  /** The map. */
  file: z.string(),
  location: z.string().nullable(),
  machine: z.string().nullable(),
  brand: z.string().nullable(),
  /** `serial`, `usb_serial`, `hid`, `tcp`. */
  transport: z.string(),
  /** Nothing can be sent to it: it beeps by itself. */
  is_mute: z.boolean(),
  /** `not-running`: its map is in force, and nobody collects it yet. */
  state: z.enum(['connecting', 'connected', 'lost', 'not-running']),
  since: z.string().nullable(),
  error: z.string().nullable(),
  /** The port as it was found. */
  where: z.string().nullable(),
  remark: z.string().nullable(),
  last_scan: z.string().nullable(),
  /** `users.id` of who is badged in. */
  operator: z.number().nullable(),
  held: z.number(),
  work_orders: z.array(z.object({ work_order: z.string(), standing: z.string() })),
  counts: z.object({
    good: z.number(),
    bad: z.number(),
    late: z.number(),
    unsent: z.number(),
    discarded_bytes: z.number(),
  }),
  refused: z.array(countedSchema),
  noticed: z.array(countedSchema),
})

/** Every station with its scanner. */
export const scannersSchema = z.object({ scanners: z.array(scannerSchema) })
export type ScannersShape = z.infer<typeof scannersSchema>

const lookupSchema = z.object({
  code: z.string(),
  places: z.array(z.string()),
  found: z.enum(['one', 'many', 'unknown']),
  /** `material 4711`, and what the row is called. */
  what: z.string().nullable(),
})

const liveScanSchema = z.object({
  id: z.number(),
  scanner: z.string(),
  at: z.string(),
  /**
   * `code`; `badge`: nothing is known of it but whose it is; `unread`: it could not be read; `no-scan`: what the scanner said of
   * itself; `noise`: bytes that were no scan; `later`: the answer for something that was held.
   */
  kind: z.enum(['code', 'badge', 'unread', 'no-scan', 'noise', 'later']),
  /** As it came, control characters by their names; of codes alone. */
  raw: z.string().nullable(),
  /** Without what the scanner added. */
  data: z.string().nullable(),
  aim_id: z.string().nullable(),
  symbology: z.string().nullable(),
  scan_type: z.string().nullable(),
  /** The kind of its meaning, `command`, and which: `START`. */
  meaning: z.string().nullable(),
  meaning_value: z.string().nullable(),
  rule: z.object({ number: z.number(), test: z.string() }).nullable(),
  fields: z.array(z.object({ name: z.string(), value: z.string() })),
  marks: z.array(z.string()),
  lookup: lookupSchema.nullable(),
  /** `users.id` of whose badge it was. */
  operator: z.number().nullable(),
  /** Why a badge lets nobody in, why something could not be read, or was no scan. */
  why: z.string().nullable(),
  /** Null: there is no answer yet, or it needs none. */
  verdict: z.enum(['good', 'bad', 'held']).nullable(),
  verdict_why: z.string().nullable(),
  /** As what it was stored: `scan_type` of each row. */
  stored: z.array(z.string()),
})
export type LiveScanShape = z.infer<typeof liveScanSchema>

/** The last scans, the newest first. */
export const liveScansSchema = z.object({ scans: z.array(liveScanSchema) })
export type LiveScansShape = z.infer<typeof liveScansSchema>

const cardItemSchema = z.object({
  /** Names its barcode: `command-START`, `reason-jam`. */
  item: z.string(),
  kind: z.enum(['command', 'reason']),
  /** What the barcode holds, control characters by their names. */
  code: z.string(),
  /** `START`, or the code of the reason. */
  value: z.string(),
  /** In the plant's words; null: the map has none. */
  text: z.string().nullable(),
  /** Of a reason: the status that it declares. */
  declares: z.string().nullable(),
  /** How many modules wide it is as Code 128, quiet zones included; null where Code 128 cannot hold it. */
  modules: z.number().nullable(),
})
export type CardItemShape = z.infer<typeof cardItemSchema>

/** What hangs on the wall beside a station: the barcodes that its map takes as commands and reasons. */
export const wallCardSchema = z.object({
  scanner: z.string(),
  location: z.string().nullable(),
  machine: z.string().nullable(),
  items: z.array(cardItemSchema),
  /** Words that no rule of the map takes, or that nothing short enough stands for. */
  without: z.array(z.string()),
})
export type WallCardShape = z.infer<typeof wallCardSchema>

/** The kinds of barcode that a wall card can have. */
export const BARCODES = ['code128', 'qrcode'] as const

const sheetStepSchema = z.object({
  setting: z.enum([
    'defaults',
    'interface',
    'suffix',
    'aim-id',
    'fnc1',
    'acknowledgement',
    'own-beep',
    'host-beep',
    'keyboard',
  ]),
  /** The name of the setting as the maker prints it; null: its manual has to be looked at. */
  makers_name: z.string().nullable(),
  /** What can be sent instead of scanning, where the maker has such a thing. */
  command: z.string().nullable(),
})

/** How the scanner is to be set, in its maker's words. */
export const programmingSchema = z.object({
  scanner: z.string(),
  brand: z.string().nullable(),
  maker: z.string().nullable(),
  /** Which scanners were meant when this was written. */
  models: z.string().nullable(),
  connection: z.enum(['serial', 'usb-serial', 'network', 'hid']),
  suffix: z.string(),
  prefix: z.string(),
  aim_id: z.enum(['expected', 'optional', 'off']),
  steps: z.array(sheetStepSchema),
  /** Which manual, and where in it. */
  manual: z.string().nullable(),
})
export type ProgrammingShape = z.infer<typeof programmingSchema>
