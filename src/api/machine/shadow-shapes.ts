/**
 * A machine in shadow, as it goes over the wire.
 *
 *     GET    /machines/:machine/shadow          shadowShape      404 where it is not in shadow
 */
import { z } from 'zod'
import { machineRowShape } from './row-shapes.ts'

export const shadowShape = z.object({
  machine: z.string(),
  /** Since when it is in shadow. */
  since: z.string(),
  /** The last rows that it would have written, the newest first. No route ever gets one of them. */
  rows: z.array(machineRowShape.omit({ seq: true, delivered: true })),
})
export type ShadowOnWire = z.output<typeof shadowShape>
