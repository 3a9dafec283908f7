/**
 * What goes over the wire about one machine at this moment.
 *
 *     GET    /machines/:machine                 machineParams    → machineShape
 *     GET    /machines/:machine/events          machineParams    → machineShape, a stream: whenever anything of it changes
 */
import { z } from 'zod'

const textOrNull = z.string().nullable()
const moment = z.string()
/** Whether a condition holds; null: what it reads cannot be seen, or is none that the rules know. */
const holds = z.boolean().nullable()

export const machineParams = z.object({ machine: z.string().min(1).max(200) })

const signalShape = z.object({
  signal: z.string(),
  device: z.string(),
  /** As the map has it; of a register, every form that a manual may use. */
  address: z.string(),
  type: textOrNull,
  unit: textOrNull,
  role: textOrNull,
  /** Whether the status depends on it. */
  is_relevant: z.boolean(),
  /** False: nothing has been read yet. */
  is_read: z.boolean(),
  /** False: its device is not connected now, and this is what it showed before. */
  is_current: z.boolean(),
  /** What the device gave, as text, and in hexadecimal where it is a whole number. */
  raw: textOrNull,
  raw_hex: textOrNull,
  /** What the rules see: behind mask, names and scale, and of a light that blinks, that it blinks. */
  value: textOrNull,
  quality: z.enum(['good', 'uncertain', 'bad']),
  /** Why the quality is not good, or what is odd about the value. */
  doubt: textOrNull,
  /** Since when it has shown this. */
  since: moment.nullable(),
})
export type SignalOnWire = z.output<typeof signalShape>

export const machineShape = z.object({
  machine: z.string(),
  /** Its map, as named to people. */
  file: z.string(),
  is_shadow: z.boolean(),
  /** When this was so. */
  at: moment,
  /** The status in force; null: none yet. */
  status: z
    .object({
      is: z.string(),
      reason: textOrNull,
      since: moment,
      /** When it is long enough to be a downtime in central; null: it never is one. */
      downtime_at: moment.nullable(),
    })
    .nullable(),
  /** The status that follows if what is shown now holds until then. */
  next: z.object({ is: z.string(), reason: textOrNull, at: moment }).nullable(),
  /** The machine shows a transient state, and its status goes on. */
  is_transient: z.boolean(),
  /** What keeps the rules from deciding. */
  obstacle: z
    .object({ why: z.string(), device: textOrNull, signal: textOrNull, detail: textOrNull })
    .nullable(),
  /** In the order of the map: the first that holds decides. */
  rules: z.array(
    z.object({
      text: z.string(),
      is: z.string(),
      /** It is the one that decides now. */
      decides: z.boolean(),
      holds,
      conditions: z.array(z.object({ text: z.string(), holds })),
    }),
  ),
  devices: z.array(
    z.object({
      device: z.string(),
      protocol: z.string(),
      state: z.enum(['connecting', 'connected', 'silent', 'lost']),
      since: moment,
      last_contact: moment.nullable(),
      error: textOrNull,
      remark: textOrNull,
    }),
  ),
  signals: z.array(signalShape),
})
export type MachineOnWire = z.output<typeof machineShape>
