/** What `status` says of parts of the gateway that fail again and again. */
import { GatewayError } from '../domain/errors.ts'
import type { Trouble } from '../domain/health.ts'
import { type FallingPart, PART_RESTARTS } from '../runtime/service.ts'

/** The code of the only trouble that any part can have by itself. */
const PART_TROUBLES = { restarts: PART_RESTARTS } as const

/** One for each part, over once it has run for a while. */
export function partTroubles(falling: readonly FallingPart[]): readonly Trouble[] {
  return falling.map(({ name, times, sinceMs, lastError }) => {
    const why = lastError instanceof Error ? lastError.message : String(lastError)
    const known = lastError instanceof GatewayError ? lastError.hint : undefined
    return {
      code: PART_TROUBLES.restarts,
      what: `${name} has failed ${times === 1 ? 'once' : `${times} times`} and is started again each time: ${why}`,
      hint: known ?? 'the log says where in the program; everything else goes on; report it with those lines',
      sinceMs,
    }
  })
}
