/** A gateway in this process, on real devices and a real central, as somebody at its command line and at the database sees it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { runCommandLine } from '../../src/commands/command-line.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { StatusReport } from '../../src/console/report.ts'
import { createDrivers } from '../../src/drivers/index.ts'
import { runGateway } from '../../src/gateway.ts'
import { createReferences, createRoutes, ROUTE_KINDS } from '../../src/routes/index.ts'
import type { RouteKind } from '../../src/routes/route-kind.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createScanners } from '../../src/scanners/index.ts'
import { recordingLog, testFolder } from './buffer.ts'
import type { TestCentral } from './central.ts'

const EVENTUALLY_MS = 60_000

/** What a gateway has to know of a central. */
export type CentralAddress = Pick<TestCentral, 'role' | 'password' | 'settings'>

export interface WatchedGateway extends AsyncDisposable {
  /** Puts a map in force, in place of the one before. */
  map(text: string): void
  takeMapAway(): void
  /** As SIGHUP does. */
  reload(): void
  /** `status --json`, and its exit code. */
  status(): Promise<StatusReport & { readonly code: number }>
  /** `status` as text. */
  text(): Promise<string>
  /** Lines of the log that say this. */
  told(part: string): readonly string[]
  /** Everything that the log has said, as text. */
  readonly logText: string
  readonly folder: string
  readonly dataFolder: string
  /** Looks again and again until the report is as expected. */
  until(looks: (report: StatusReport) => void): Promise<void>
}

/**
 * @param map the device map of a machine that central knows; null: it begins without any
 * @param folder that of a gateway which was stopped, to start it again
 */
export async function startWatchedGateway(
  central: CentralAddress,
  map: string | null,
  gateway = 'edge-1',
  folder = testFolder(),
  routeKinds: readonly RouteKind[] = ROUTE_KINDS,
  /** Further sections of its configuration. */
  sections = '',
): Promise<WatchedGateway> {
  const file = join(folder, 'gateway.yaml')
  const mapFile = join(folder, 'devices', 'machine.yaml')
  mkdirSync(join(folder, 'devices'), { recursive: true })
  if (map !== null) writeFileSync(mapFile, map)
  writeFileSync(file, configText(central, gateway) + sections)
  const env = { MILLRACE_CENTRAL_PASSWORD: central.password }
  const config = loadConfig({ file, env, cwd: folder })
  const { log, lines } = recordingLog()
  const stop = new AbortController()
  const listeners = new Set<() => void>()
  const reload = () => {
    for (const listener of listeners) listener()
  }
  const running = runGateway(
    config,
    {
      clock: systemClock,
      random: Math.random,
      log,
      drivers: createDrivers(),
      scanners: createScanners(),
      routes: createRoutes(config, { clock: systemClock, log }),
      routeKinds,
      references: createReferences(config, { clock: systemClock, log }),
      bootId: 'boot-1',
      version: '0',
      cwd: folder,
      onReload: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    stop.signal,
  )
  const run = (...args: readonly string[]) => runStatus(args, folder)
  const status = async () => {
    const { code, out } = await run('--json')
    return { code, ...(JSON.parse(out === '' ? '{}' : out) as StatusReport) }
  }
  return {
    folder,
    dataFolder: config.dataFolder,
    get logText() {
      return JSON.stringify(lines)
    },
    map: (text) => {
      writeFileSync(mapFile, text)
      reload()
    },
    takeMapAway: () => {
      rmSync(mapFile)
      reload()
    },
    reload,
    status,
    text: async () => (await run()).out,
    told: (part) => lines.map(({ msg }) => msg).filter((message) => message.includes(part)),
    until: async (looks) => {
      const untilMs = Date.now() + EVENTUALLY_MS
      for (;;) {
        try {
          return looks(await status())
        } catch (error) {
          if (Date.now() > untilMs) throw error
          await wait(100)
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}

function configText(central: CentralAddress, gateway: string): string {
  const port = central.settings().connection.hosts[0]?.port
  return `gateway: ${gateway}
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://${central.role}@127.0.0.1:${port}/postgres", tls: off}
console: {port: 0}
`
}

/** As somebody without any secret. */
async function runStatus(args: readonly string[], cwd: string) {
  let out = ''
  const code = await runCommandLine(['status', '--config', 'gateway.yaml', ...args], {
    env: {},
    cwd,
    out: (text) => {
      out += text
    },
    err: () => undefined,
    isTerminal: false,
    isErrTerminal: false,
    node: '',
    nodeOptions: [],
    program: '',
    signal: AbortSignal.timeout(EVENTUALLY_MS),
    mayStopWithin: () => undefined,
    unfinished: new Set(),
    onReload: () => () => undefined,
  })
  return { code, out }
}

/** The troubles of a report by code, without their moments. */
export function troublesOf(report: StatusReport): Readonly<Record<string, string>> {
  expect(report.degraded).toBeDefined()
  return Object.fromEntries(report.degraded.map(({ code, what }) => [code, what]))
}
