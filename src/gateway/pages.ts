/** The pages of the gateway: the console's server, what it serves, and what is kept for the pages alone. */
import type { AuditTrail } from '../audit-trail/audit-trail.ts'
import type { Config } from '../config/config.ts'
import { announcementIn } from '../console/presence.ts'
import { composeReport, type StatusReport } from '../console/report.ts'
import { createConsole } from '../console/server.ts'
import type { Trouble } from '../domain/health.ts'
import { createHistory, historyBeside } from '../history/history.ts'
import type { ConsoleSaves } from '../maps/edit/console-saves.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import { type ConsoleWatches, forecastsOf } from './console-watches.ts'
import { measurementsOf, telemetryFor } from './measurements.ts'
import { gatherer, type Reporting } from './reporting.ts'
import type { World } from './world.ts'

interface PagesParts extends Reporting {
  readonly budget: StopBudget
  readonly watches: ConsoleWatches
  readonly mapSaves: ConsoleSaves
  readonly trail: AuditTrail
  /** Whether the device maps are in force. */
  readonly areMapsInForce: () => boolean
  /** The file of the local log, beside which its history is kept. */
  readonly logFile: string
  /** For the file of the history. */
  readonly historyThread: CalledThread
}

/** Serves them until it is disposed; what was started is stopped in reverse order. */
export function servePages(
  config: Config,
  world: World,
  { budget, logFile, historyThread, trail, areMapsInForce, ...rooms }: PagesParts,
): AsyncDisposable {
  const { clock, log } = world
  const { outbox, parts, watches, observer } = rooms
  const { signal } = budget
  const history = createHistory({ files: historyBeside(logFile), outbox, clock, thread: historyThread })
  const { announce, withdraw } = announcementIn(config.dataFolder)
  const gatherParts = gatherer(config.gateway, world, rooms)
  const gather = async (own: readonly Trouble[]) => {
    const gathered = await gatherParts([...own, ...(telemetry?.troubles() ?? [])])
    return { ...gathered, forecasts: forecastsOf(gathered, watches.depth) }
  }
  const report = async (own: readonly Trouble[]) => composeReport(await gather(own))
  const measured = measurementsOf({ observer, gather, areMapsInForce, clock })
  const api = async (whole: () => Promise<StatusReport>) => {
    const { consoleApi } = await import('./console-api.ts')
    return consoleApi({ config, world, ...rooms, history, signal, report: whole })
  }
  const server = createConsole({
    ...{ ...config, ...config.console, report, ...measured, api, announce, clock, log, trail },
  })
  const sight = () => measured.sight(server.troubles)
  const telemetry = telemetryFor(config.telemetry, { sight, clock, log })
  const serving = new AsyncDisposableStack()
  const atEnd = (end: () => PromiseLike<unknown>) => serving.use(budget.atEnd('console', end))
  atEnd(async () => history[Symbol.asyncDispose]())
  atEnd(parts.start(history))
  atEnd(withdraw)
  atEnd(parts.start(server))
  atEnd(parts.start(watches.depth))
  if (telemetry) atEnd(parts.start(telemetry))
  return serving
}
