/** What goes over the wire about what is wrong now. */
import { z } from 'zod'

/** The page on which something can be done about a trouble. */
const TROUBLE_PAGES = ['machine', 'edit', 'connect', 'scanners', 'delivery', 'none'] as const

const troubleShape = z.object({
  code: z.string(),
  what: z.string(),
  hint: z.string().nullable(),
  /** UTC text; null where nobody knows since when. */
  since: z.string().nullable(),
  device: z.string().nullable(),
  scanner: z.string().nullable(),
  machine: z.string().nullable(),
  signal: z.string().nullable(),
  page: z.enum(TROUBLE_PAGES),
})

export const troublesShape = z.object({
  healthy: z.boolean(),
  troubles: z.array(troubleShape),
})

/** Its keys are described in docs/operations.md, and only ever added to. */
export const statusShape = z
  .looseObject({ gateway: z.string(), version: z.string(), healthy: z.boolean() })
  .describe('What docs/operations.md describes as the JSON of "millrace status --json".')

export type TroubleOnWire = z.output<typeof troubleShape>
export type TroublesOnWire = z.output<typeof troublesShape>
