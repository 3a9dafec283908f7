/** What an operator does with a scanner, as data: one step after the other. */
import { z } from 'zod'
import { parseDurationMs } from '../duration.ts'

const duration = z.string().transform((text, context) => {
  const ms = parseDurationMs(text)
  if (ms !== undefined) return ms
  const hint = 'a number and its unit, as in 500ms or 2s'
  context.addIssue({ code: 'custom', message: `${text} is not a duration`, params: { hint } })
  return z.NEVER
})

/** A code as it is on the label. Control characters are written as YAML has them: "\x1d". */
const code = z.string().min(1)

const step = z.union([
  z.strictObject({ scan: code }),
  /** The same, and the truth does not say which code it was. */
  z.strictObject({ badge: code }),
  /** The trigger is pulled twice: the same code again after `gap`. */
  z.strictObject({ double: code, gap: duration.prefault('100ms') }),
  /** One code in several packets. */
  z.strictObject({ split: code, into: z.int().min(2).default(2), gap: duration.prefault('20ms') }),
  /** Several codes in one packet. */
  z.strictObject({ together: z.array(code).min(2) }),
  /** So many bytes of noise, without a suffix. */
  z.strictObject({ garbage: z.int().min(1) }),
  z.strictObject({ pause: duration }),
  /** The cable is pulled out for so long, and plugged in again. */
  z.strictObject({ unplug: duration }),
])

export const scannerScript = z.array(step)

export type ScannerStep = z.input<typeof step>
export type PlayedStep = z.output<typeof step>
