/** The daemon, once its configuration is known: everything that it is made of is loaded with this file. */
import type { WorkerLink } from '../buffer/worker-link.ts'
import type { Config } from '../config/config.ts'
import { createDrivers } from '../drivers/index.ts'
import { runGateway } from '../gateway.ts'
import { createReferences, createRoutes, pairOf, ROUTE_KINDS } from '../routes/index.ts'
import type { Riders } from '../routes/route-kind.ts'
import { readBootId } from '../runtime/boot-id.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { createServiceManager } from '../runtime/service-manager.ts'
import { createScanners } from '../scanners/index.ts'
import type { CommandContext } from './command.ts'

/** What there is before it. */
interface Begun {
  readonly log: Log
  readonly manager: ReturnType<typeof createServiceManager>
  readonly version: string
  /** It has opened no file. */
  readonly bufferThread: WorkerLink
}

/** Runs until the command is to stop. */
export async function runConfigured(
  config: Config,
  { cwd, signal, unfinished, onReload }: CommandContext,
  { log, manager, version, bufferThread }: Begun,
): Promise<void> {
  const riders: Riders = new Set()
  const pair = pairOf(config, { clock: systemClock, log })
  const world = {
    clock: systemClock,
    random: Math.random,
    log,
    bufferThread,
    drivers: createDrivers(),
    scanners: createScanners(),
    routes: createRoutes(config, { clock: systemClock, log }, riders, pair?.fence),
    riders,
    ...(pair && { pair }),
    routeKinds: ROUTE_KINDS,
    references: createReferences(config, { clock: systemClock, log }),
    bootId: readBootId(),
    version,
    cwd,
    onReload: (listener: () => unknown) => onReload(() => manager.reloading(Promise.resolve(listener()))),
    ready: (status: string) => manager.ready(status),
    unfinished,
  }
  await runGateway(config, world, signal)
}
