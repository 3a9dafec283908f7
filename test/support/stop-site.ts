/** A gateway in this process, on a folder of its own, that is stopped while something is silent. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { openOutbox } from '../../src/buffer/outbox.ts'
import { outboxOptions } from '../../src/buffer/outbox-options.ts'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Destination } from '../../src/domain/destination.ts'
import { createDrivers } from '../../src/drivers/index.ts'
import type { World } from '../../src/gateway/world.ts'
import { runGateway } from '../../src/gateway.ts'
import { createReferences, createRoutes, ROUTE_KINDS } from '../../src/routes/index.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { makeDataFolder } from '../../src/runtime/private-folder.ts'
import { createScanners } from '../../src/scanners/index.ts'
import { CENTRAL, type LoggedLine, recordingLog, testFolder } from './buffer.ts'
import { centralRoute } from './central-route.ts'
import { entry } from './entries.ts'
import { type HurriedClock, hurriedClock } from './hurried-clock.ts'

/** Until whatever a test waits for before the stop has happened, on a machine that is very busy. */
const READY_MAX_MS = 60_000

export interface StopSite {
  readonly folder: string
  readonly config: Config
}

/** @param maps the device maps by file name, without its ending */
export function stopSite(maps: Readonly<Record<string, string>> = {}, centralPort = 9): StopSite {
  const folder = testFolder()
  const file = join(folder, 'gateway.yaml')
  mkdirSync(join(folder, 'devices'))
  writeFileSync(
    file,
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: { url: "postgres://nobody@127.0.0.1:${centralPort}/mes", tls: off }
console: { port: 0 }
`,
  )
  for (const [name, text] of Object.entries(maps))
    writeFileSync(join(folder, 'devices', `${name}.yaml`), text)
  return { folder, config: loadConfig({ file, env: {}, cwd: folder }) }
}

/** One event that central has not got. */
export async function leavePending({ config }: StopSite): Promise<void> {
  const world = { clock: systemClock, log: recordingLog().log, bootId: 'boot-1', routes: [CENTRAL] }
  makeDataFolder(config.dataFolder)
  await using outbox = await openOutbox(outboxOptions(config, world))
  await outbox.append(entry(1))
}

export interface RunningGateway {
  readonly clock: HurriedClock
  readonly lines: readonly LoggedLine[]
  /** Waits for what has to be there before the stop. */
  until(condition: () => boolean): Promise<void>
  /** Resolves when it has ended. @throws what it failed with */
  readonly ended: Promise<void>
  /** @returns how long the stop took by the clock: the sum of all waits that were granted, in ms */
  stop(): Promise<number>
  /** The stages that were left behind. */
  readonly unfinished: ReadonlySet<string>
}

export function runToStop(
  { folder, config }: StopSite,
  parts: Partial<Pick<World, 'onReload'>> & {
    readonly central?: Destination
    readonly onLine?: (line: LoggedLine) => void
  } = {},
): RunningGateway {
  const clock = hurriedClock()
  onTestFinished(() => clock[Symbol.dispose]())
  const { log, lines } = recordingLog(parts.onLine)
  const unfinished = new Set<string>()
  const abort = new AbortController()
  const { central, onReload = () => () => undefined } = parts
  const world: World = {
    clock,
    random: Math.random,
    log,
    drivers: createDrivers(),
    scanners: createScanners(),
    routes: central ? [centralRoute(central, config.central.batch)] : createRoutes(config, { clock, log }),
    routeKinds: ROUTE_KINDS,
    references: createReferences(config, { clock, log }),
    bootId: 'boot-1',
    version: '0',
    cwd: folder,
    onReload,
    unfinished,
  }
  const running = runGateway(config, world, abort.signal)
  running.catch(() => undefined) // Whoever stops it hears of it.
  return {
    clock,
    lines,
    unfinished,
    ended: running,
    until: async (condition) => {
      const untilMs = performance.now() + READY_MAX_MS
      while (!condition()) {
        if (performance.now() > untilMs) throw new Error(`not ready to be stopped: ${JSON.stringify(lines)}`)
        await wait(5)
      }
    },
    stop: async () => {
      const beganMs = clock.now().monoMs
      abort.abort()
      await running
      return clock.now().monoMs - beganMs
    },
  }
}
