/** What is watched for the pages alone, while the gateway runs. */
import { createDepthWatch, type DepthWatch } from '../api/delivery/depth-watch.ts'
import { createLiveScans, type LiveScans } from '../api/scanners/live-scans.ts'
import type { Outbox } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'

export interface ConsoleWatches {
  /** How much waits for the routes; it has to be started. */
  readonly depth: DepthWatch
  readonly liveScans: LiveScans
}

export function consoleWatches(outbox: Pick<Outbox, 'stats'>, clock: Clock): ConsoleWatches {
  return { depth: createDepthWatch(outbox, clock), liveScans: createLiveScans(clock) }
}
