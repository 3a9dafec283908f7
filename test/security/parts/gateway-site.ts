/** A gateway as a process of its own, on a device that it reads and without a central, with everything it writes in one folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findPresence } from '../../../src/console/presence.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { PROGRAM } from '../../support/run-millrace.ts'

const READY_MAX_MS = 60_000
const NO_CENTRAL = '{url: "postgres://nobody@127.0.0.1:9/mes", tls: off}'
const POLLED_ENOUGH = 5

export interface GatewaySite {
  readonly folder: string
  readonly dataFolder: string
  readonly logFile: string
  readonly pid: number
  /** Where its console listens. */
  readonly port: number
  log(): string
  /** @returns its exit code */
  stop(): Promise<number | null>
}

export interface GatewaySiteOptions {
  /** What stands before the program in the command, such as `ip netns exec NAME`. */
  readonly within?: readonly string[]
  /** What stands behind `console:`; a free port of the loopback unless it is said. */
  readonly console?: string
  /** What stands behind `central:`; a closed port unless it is said. */
  readonly central?: string
  readonly logLevel?: string
  /** Further lines of gateway.yaml. */
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
  /** False where it cannot reach this computer. */
  readonly hasDevice?: boolean
  /** Octal, as a shell takes it. */
  readonly umask?: string
  /** Done in its folder before it starts. */
  readonly prepare?: (folder: string) => void
}

/** Running, its console answering, and its device polled a few times. */
export async function startGatewaySite(
  stack: AsyncDisposableStack,
  options: GatewaySiteOptions = {},
): Promise<GatewaySite> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-security-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const device = options.hasDevice === false ? undefined : await ModbusDevice.start(answerRegisters(() => 1))
  if (device) stack.defer(() => device.stop())
  writeSite(folder, device?.port, options)
  options.prepare?.(folder)
  const child = spawnIn(folder, options)
  const site = siteOf(folder, child)
  stack.defer(async () => void (await site.stop()))
  await untilReady(child, site, () => (device?.requests.length ?? POLLED_ENOUGH) >= POLLED_ENOUGH)
  return site
}

function writeSite(
  folder: string,
  devicePort: number | undefined,
  { config: more = '', console = '{port: 0}', central = NO_CENTRAL, logLevel = 'info' }: GatewaySiteOptions,
): void {
  mkdirSync(join(folder, 'devices'))
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: ${central}
log: {level: ${logLevel}}
console: ${console}
${more}`,
  )
  if (devicePort === undefined) return
  writeFileSync(
    join(folder, 'devices', 'press-07.yaml'),
    `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${devicePort}, poll: 100ms}
signals: {state: {at: "40101", type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle}]
`,
  )
}

function spawnIn(folder: string, { within = [], env = {}, umask = '022' }: GatewaySiteOptions): ChildProcess {
  const log = openSync(join(folder, 'gateway.log'), 'a')
  const program = [PROGRAM.node, ...PROGRAM.nodeOptions, PROGRAM.main, 'run', '--config', 'gateway.yaml']
  const child = spawn('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...within, ...program], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return child
}

function siteOf(folder: string, child: ChildProcess): GatewaySite {
  const dataFolder = join(folder, 'data')
  const exited = once(child, 'exit')
  return {
    folder,
    dataFolder,
    logFile: join(folder, 'gateway.log'),
    get pid() {
      return child.pid ?? 0
    },
    get port() {
      const presence = findPresence(dataFolder)
      if (typeof presence !== 'object') throw new Error('the gateway does not say where its console listens')
      return presence.port
    },
    log: () => readFileSync(join(folder, 'gateway.log'), 'utf8'),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const [code] = await exited
      return code as number | null
    },
  }
}

async function untilReady(child: ChildProcess, site: GatewaySite, isPolled: () => boolean): Promise<void> {
  const untilMs = performance.now() + READY_MAX_MS
  while (typeof findPresence(site.dataFolder) !== 'object' || !isPolled()) {
    if (performance.now() > untilMs || child.exitCode !== null) throw new Error(`not ready: ${site.log()}`)
    await wait(50)
  }
}
