/** What is watched for the console and its pages, while the gateway runs. */
import { createDepthWatch, type DepthWatch } from '../api/delivery/depth-watch.ts'
import { forecast } from '../api/delivery/forecast.ts'
import type { ForecastShape } from '../api/delivery/shapes.ts'
import { createLiveScans, type LiveScans } from '../api/scanners/live-scans.ts'
import type { ReportParts } from '../console/report.ts'
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

/** When what waits for each route will be gone, as far as that was watched. */
export function forecastsOf(
  { routes, routeFiles, outbox }: Pick<ReportParts, 'routes' | 'routeFiles' | 'outbox'>,
  depth: Pick<DepthWatch, 'recent'>,
): ReadonlyMap<string, ForecastShape> {
  const standings = [...routes.map(({ summary }) => summary), ...routeFiles.summary]
  return new Map(
    standings.map(({ route, sinceMs }) => {
      const pending = outbox.summary.consumers.find(({ name }) => name === route)?.pending ?? 0
      return [route, forecast(route, pending, { samples: depth.recent, sinceMs })]
    }),
  )
}
