/**
 * Starts the simulators as a process of their own and waits until every machine answers.
 *
 * For tests and the demo. The process ends with {@link Simulators.stop}, with the signal, or when this process ends in any
 * way, even by a kill: the simulators stop when their standard input closes.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Counters, MachineAddress } from './line.ts'
import type { ScannerAddress } from './scanner/station.ts'
import type { Fault } from './scenario.ts'
import type { DeviceAddress } from './table/device-place.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

interface SimulatorsOptions {
  readonly scenario: string
  readonly truthFile?: string
  /** How long the day is played before it is held. */
  readonly forMs?: number
  readonly seed?: number
  /** Aborting it stops the simulators. */
  readonly signal?: AbortSignal
}

interface Simulators extends AsyncDisposable {
  readonly pid: number
  readonly machines: readonly MachineAddress[]
  readonly devices: readonly DeviceAddress[]
  readonly scanners: readonly ScannerAddress[]
  /** Of the broker to which presses publish; null where none does. */
  readonly broker: string | null
  /** Resolves when no machine will change its state any more; rejects when the process ends before. */
  readonly ended: Promise<void>
  /** Calls the remote control (see control.ts): GET for `/machines` and `/counters`, else POST. */
  control(path: string, body?: object): Promise<unknown>
  startDay(): Promise<void>
  /** Resolves when every machine has reached the state in which it stays. */
  hold(): Promise<void>
  fault(machine: string, fault: Fault, options: FaultOptions): Promise<void>
  counters(): Promise<Readonly<Record<string, Counters>>>
  /** @returns the exit code, 0 after a clean stop */
  stop(): Promise<number | null>
}

interface FaultOptions {
  readonly forMs: number
  readonly delayMs?: number
}

type SimulatorProcess = ChildProcessByStdio<Writable, Readable, Readable>

/** @throws Error with what the simulators printed, where they end before they are ready */
export async function startSimulators(options: SimulatorsOptions): Promise<Simulators> {
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...commandLine(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const stop = () => {
    child.kill('SIGTERM')
    return exited
  }
  options.signal?.addEventListener('abort', stop, { once: true })
  if (options.signal?.aborted) void stop()

  const { ready, ended } = readLines(child, exited)
  const { control: url, machines, devices, scanners, broker } = await ready
  const control = (path: string, body?: object) => call(`${url}${path}`, body)
  return {
    pid: child.pid ?? 0,
    machines,
    devices,
    scanners,
    broker,
    ended,
    control,
    startDay: async () => void (await control('/day/start')),
    hold: async () => void (await control('/day/hold')),
    fault: async (machine, fault, { forMs, delayMs }) =>
      void (await control(`/machines/${encodeURIComponent(machine)}/faults`, {
        fault,
        for_ms: forMs,
        delay_ms: delayMs,
      })),
    counters: async () => (await control('/counters')) as Readonly<Record<string, Counters>>,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

function commandLine({ scenario, truthFile, forMs, seed }: SimulatorsOptions): string[] {
  return [
    scenario,
    '--attached',
    ...(truthFile === undefined ? [] : ['--truth', truthFile]),
    ...(forMs === undefined ? [] : ['--for', `${forMs}ms`]),
    ...(seed === undefined ? [] : ['--seed', String(seed)]),
  ]
}

interface Ready {
  readonly control: string
  readonly machines: readonly MachineAddress[]
  readonly devices: readonly DeviceAddress[]
  readonly scanners: readonly ScannerAddress[]
  readonly broker: string | null
}

/** The two lines of standard output as promises. Those that have not come when the process ends are rejected. */
function readLines(child: SimulatorProcess, exited: Promise<number | null>) {
  const ready = Promise.withResolvers<Ready>()
  const ended = Promise.withResolvers<void>()
  // Most callers do not wait for the end of the day; its rejection must not count as unhandled then.
  ended.promise.catch(() => {})
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    // Bounded: only the last 4,000 characters are kept for an error message.
    said = `${said}${text}`.slice(-4_000)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = parseMessage(line)
    if (message && 'ready' in message) ready.resolve(message)
    if (message && 'ended' in message) ended.resolve()
  })
  void exited.then((code) => {
    const gone = new Error(`the simulators ended with exit code ${code}: ${said.trim()}`)
    ready.reject(gone)
    ended.reject(gone)
  })
  return { ready: ready.promise, ended: ended.promise }
}

type Message = (Ready & { readonly ready: true }) | { readonly ended: true }

/** Undefined for a line that is not ours: the OPC UA library prints warnings on standard output, too. */
function parseMessage(line: string): Message | undefined {
  return line.startsWith('{"') ? (JSON.parse(line) as Message) : undefined
}

const READS: ReadonlySet<string> = new Set(['/machines', '/counters'])

async function call(url: string, body: object | undefined): Promise<unknown> {
  const method = READS.has(new URL(url).pathname) ? 'GET' : 'POST'
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) })
  const answer: unknown = await response.json()
  if (!response.ok) throw new Error(`${method} ${url}: ${JSON.stringify(answer)}`)
  return answer
}
