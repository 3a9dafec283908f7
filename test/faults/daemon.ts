/** One real gateway process with one machine and a real central, for faults of its computer. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StatusReport } from '../../src/console/report.ts'
import { settle } from '../../src/demo/settle.ts'
import { BUILT_PROGRAM } from '../support/built-program.ts'
import { callMillrace } from '../support/called-command.ts'
import type { TestCentral } from '../support/central.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'

/** For whatever must become true, on a computer that is busy with other tests. */
export const EVENTUALLY_MS = 90_000

export interface DaemonSite extends AsyncDisposable {
  readonly folder: string
  readonly dataFolder: string
  readonly device: ModbusDevice
  /** What the machine shows from now on. */
  show(state: 'running' | 'idle'): void
  /** Starts the gateway. @param env added to its environment @param nodeOptions added to those of Node */
  start(env?: Readonly<Record<string, string>>, nodeOptions?: readonly string[]): Daemon
  status(): Promise<StatusReport | undefined>
}

export interface Daemon {
  readonly pid: number
  /** Its log so far. */
  said(): string
  readonly hasEnded: boolean
  /** Waits until the log says that it runs. @throws where it ended instead */
  running(): Promise<void>
  /** SIGTERM. @returns its exit code */
  stop(): Promise<number | null>
  kill(): Promise<void>
}

/** @param sections further sections of gateway.yaml */
export async function daemonSite(central: TestCentral, sections = ''): Promise<DaemonSite> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-daemon-'))
  let state = 1
  const device = await ModbusDevice.start(answerRegisters(() => state))
  const started: ChildProcess[] = []
  mkdirSync(join(folder, 'devices'))
  writeFileSync(join(folder, 'gateway.yaml'), configText(central) + sections)
  writeFileSync(join(folder, 'devices', 'cnc.yaml'), machineMap('CNC-01', device.port))
  return {
    folder,
    dataFolder: join(folder, 'data'),
    device,
    show: (shown) => {
      state = shown === 'running' ? 1 : 2
    },
    start: (env = {}, nodeOptions = []) => {
      const password = { MILLRACE_CENTRAL_PASSWORD: central.password }
      const child = spawn(
        BUILT_PROGRAM.node,
        [...BUILT_PROGRAM.nodeOptions, ...nodeOptions, BUILT_PROGRAM.main, 'run', '--config', 'gateway.yaml'],
        {
          cwd: folder,
          env: { ...BUILT_PROGRAM.env, ...password, ...env },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      )
      started.push(child)
      return daemonOf(child)
    },
    status: async () => {
      const { out } = await callMillrace(['status', '--json', '--config', 'gateway.yaml'], { cwd: folder })
      return out.startsWith('{') ? (JSON.parse(out) as StatusReport) : undefined
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of started) child.kill('SIGKILL')
      await device[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configText(central: TestCentral): string {
  return `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://${central.role}@127.0.0.1:${central.server.port}/postgres", tls: off}
console: {port: 0}
`
}

/** A device map of a machine that shows its state at this port. */
export function machineMap(machine: string, port: number): string {
  return `machine: ${machine}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40001, type: u16}}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`
}

function daemonOf(child: ChildProcess): Daemon {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const end = (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal)
    return ended
  }
  return {
    pid: child.pid ?? 0,
    said: () => said,
    get hasEnded() {
      return hasEnded()
    },
    running: async () => {
      await eventually(() => said.includes('"running"') || hasEnded(), 'it runs')
      if (hasEnded()) throw new Error(`the gateway ended: ${said}`)
    },
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  }
}

/** Waits with long patience. @throws saying what never came to be */
export async function eventually(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadlineMs = performance.now() + EVENTUALLY_MS
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`never: ${what}`)
    await settle(() => false, { withinMs: 50 })
  }
}

export interface StatusRow {
  readonly status: string
  readonly atMs: number
  /** null while it is open */
  readonly minutes: number | null
}

/** The machine's rows in central, in the order in which they were written. */
export async function statusRows(central: TestCentral): Promise<readonly StatusRow[]> {
  return await central.sql<{ status: string; atMs: number; minutes: number | null }>(
    `SELECT new_status AS status, (extract(epoch FROM changed_at) * 1000)::float8 AS "atMs",
      duration_minutes::float8 AS minutes FROM machine_status_history ORDER BY id`,
  )
}

/** Until central has so many rows of the machine, the last of them with this status. */
export async function untilRow(central: TestCentral, count: number, status: string): Promise<void> {
  await eventually(async () => {
    const rows = await statusRows(central)
    return rows.length >= count && rows.at(-1)?.status === status
  }, `${count} rows, the last one ${status}`)
}
