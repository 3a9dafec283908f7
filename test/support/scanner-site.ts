/** A gateway process with scanners on a real central, to be killed and started again, with everything it writes in one folder. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StatusReport } from '../../src/console/report.ts'
import { watchGateway } from '../../src/demo/gateway-watch.ts'
import { postGuard } from '../../src/demo/guard.ts'
import { type GatewayProcess, spawnGateway } from '../../src/demo/program.ts'
import { settle } from '../../src/demo/settle.ts'
import { BUILT_PROGRAM } from './built-program.ts'
import type { TestCentral } from './central.ts'

/** Even on a computer that is busy with other tests. */
const EVENTUALLY_MS = 60_000

export interface ScannerSite extends AsyncDisposable {
  readonly folder: string
  readonly dataFolder: string
  readonly configFile: string
  /** Everything that the gateway has written on standard output and standard error. */
  readonly logFile: string
  /** How often it was killed or has come back: what stays the same was answered within one life. */
  readonly lives: number
  readonly pid: number
  /** What `status` said last; undefined while it is down. */
  readonly report: StatusReport | undefined
  /** Puts a map in force, in place of the one before. */
  map(scanner: string, text: string): void
  start(): void
  kill(): Promise<void>
  /** @returns its exit code */
  stop(): Promise<number | null>
  /** Its end, where it ends by itself. */
  readonly ended: Promise<number | null>
  /** @throws Error with the end of the log, where the report does not come to look like this */
  until(what: string, looks: (report: StatusReport) => boolean): Promise<void>
}

interface SiteOptions {
  readonly central: TestCentral
  readonly gateway?: string
  /** By the codes of the scanners. */
  readonly maps: Readonly<Record<string, string>>
  readonly logLevel?: string
  /** A module that is loaded into the process before the program. */
  readonly preload?: string
}

/** The gateway is not started yet. */
export function scannerSite({
  central,
  gateway = 'edge-1',
  maps,
  logLevel = 'info',
  preload,
}: SiteOptions): ScannerSite {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-scans-'))
  mkdirSync(join(folder, 'devices'))
  const configFile = join(folder, 'gateway.yaml')
  const logFile = join(folder, 'gateway.log')
  const dataFolder = join(folder, 'data')
  writeFileSync(join(folder, 'password'), central.password, { mode: 0o600 })
  writeFileSync(configFile, configText(central, gateway, logLevel))
  const map = (scanner: string, text: string) =>
    writeFileSync(join(folder, 'devices', `${scanner.toLowerCase()}.yaml`), text)
  for (const [scanner, text] of Object.entries(maps)) map(scanner, text)
  const env = {
    ...BUILT_PROGRAM.env,
    ...(preload === undefined ? {} : { NODE_OPTIONS: `--import=${preload}` }),
  }
  const guard = postGuard(folder)
  const watching = new AbortController()
  let running: GatewayProcess | undefined
  let report: StatusReport | undefined
  let lives = 0
  void watchGateway(dataFolder, (look) => (report = running && look.report), watching.signal)

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const ending = running
    if (!ending) return null
    lives += 1
    running = undefined
    report = undefined
    ending.signal(signal)
    const code = await ending.exited
    guard.minds(undefined)
    lives += 1
    return code
  }

  return {
    folder,
    dataFolder,
    configFile,
    logFile,
    get lives() {
      return lives
    },
    get pid() {
      return running?.pid ?? 0
    },
    get report() {
      return report
    },
    get ended() {
      return running?.exited ?? Promise.resolve(null)
    },
    map,
    start: () => {
      running = spawnGateway({ ...BUILT_PROGRAM, env }, { configFile, logFile })
      guard.minds(running.pid)
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    until: async (what, looks) => {
      const isSo = () => report !== undefined && looks(report)
      if (await settle(isSo, { withinMs: EVENTUALLY_MS })) return
      throw new Error(
        `not ${what}: ${JSON.stringify(report)}\n${readFileSync(logFile, 'utf8').slice(-4_000)}`,
      )
    },
    [Symbol.asyncDispose]: async () => {
      watching.abort()
      await end('SIGKILL')
      await guard[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configText(central: TestCentral, gateway: string, logLevel: string): string {
  const port = central.settings().connection.hosts[0]?.port
  return `gateway: ${gateway}
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://${central.role}@127.0.0.1:${port}/postgres", password_file: password, tls: off}
console: {port: 0}
log: {level: ${logLevel}}
`
}

/** All of its scanners are open. */
export function areConnected({ scanners }: StatusReport): boolean {
  return scanners.length > 0 && scanners.every(({ state }) => state === 'connected')
}

/** Central has everything. */
export function isDrained({ outbox, central }: StatusReport): boolean {
  return outbox.pending === 0 && central.state === 'connected'
}
