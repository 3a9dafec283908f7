/** How a device and its signals go over the wire: by the keys that a map has. */
import { z } from 'zod'

export const text = (max: number) => z.string().trim().min(1).max(max)
const plainValue = z.union([z.string().max(1_000), z.number(), z.boolean()])

/** What a key below `device:`, or one of a signal, may have: texts, numbers, and lists and tables of them, such as `names`. */
export const mapValue = z.union([
  plainValue,
  z.array(plainValue).max(64),
  z.record(z.string().max(100), plainValue),
])

/** A device as a map has it: the keys below `device:`, `driver` being one of them, and what names a profile. */
export const deviceKeys = z
  .strictObject({
    /** Absent where the profile says it. */
    driver: z
      .enum(['modbus-tcp', 'modbus-rtu', 'modbus-rtu-over-tcp', 'opcua', 'mqtt', 'sparkplug'])
      .optional(),
    profile: text(100).optional(),
    variant: text(100).optional(),
    with: z.record(z.string().max(100), z.union([z.string().max(200), z.number()])).optional(),
  })
  .catchall(plainValue)
  .meta({ title: 'the keys below device: of a map, with its profile' })

/** One signal as a map has it. */
export const signalDraft = z.strictObject({
  name: text(96),
  keys: z.record(z.string().max(40), mapValue),
  /** Said behind it as a comment. */
  about: z.string().max(300).optional(),
})
