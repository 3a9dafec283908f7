/** A server of the time before another one was made the primary. */
import { DestinationError } from '../domain/errors.ts'
import type { Peer } from './refusal.ts'

interface Life {
  /** Counts how often a standby of the system was made a primary. */
  readonly timeline: number | null
  /** `host:port`. */
  readonly host: string | null
}

/** After a failover the old primary may come back and take writes, as if nothing had happened. What goes there is lost. */
export function serverOfThePast({ name, where }: Peer, met: Life, last: Life): DestinationError {
  return new DestinationError(
    `${name}-past`,
    `${name} at ${where} is on timeline ${met.timeline} of its system, and this gateway has pushed to timeline ${last.timeline} (${last.host}): it is the primary of before a failover, and gets nothing`,
    {
      refusal: 'wait',
      hint: 'make it a standby of the new primary, or take it out of service; if it shall be the primary again, stop the gateway and run `millrace buffer adopt`',
    },
  )
}
