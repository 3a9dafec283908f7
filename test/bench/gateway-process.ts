/** The gateway as its users run it: a process, of which a benchmark knows only files, ports and the process id. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Bench } from './benchmark.ts'
import { monotonicMs } from './process-meter.ts'
import type { Site } from './site.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The contract says 5 s; a program that takes longer is ended, and the benchmark goes on. */
const STOP_MAX_MS = 15_000
/** The built program keeps no cache of compiled code, neither in a checkout nor where it is installed (`packaging/bin/millrace`). */
const AS_INSTALLED = { NODE_DISABLE_COMPILE_CACHE: '1' }

export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number
  /** When it was asked to start, on the machine's monotonic clock. */
  readonly spawnedMs: number
  /** @throws Error with the end of its log, where it has ended by itself */
  mustRun(): void
  /** SIGKILL. @returns when it is gone */
  kill(): Promise<void>
}

export async function startGateway(bench: Bench, site: Site): Promise<GatewayProcess> {
  const profile = bench.profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${bench.profileFolder}`] : []
  return await startProgram({
    name: 'the gateway',
    file: process.execPath,
    args: [...process.execArgv, ...profile, bench.entry, 'run', '--config', site.configFile],
    cwd: ROOT,
    logFile: join(bench.folder, 'gateway.log'),
    ...(bench.entry.endsWith('.js') && { env: AS_INSTALLED }),
  })
}

export interface Program {
  /** For errors: `the gateway`. */
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  /** Gets what it prints, behind what is there. */
  readonly logFile: string
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a program that never outlives this process. */
export async function startProgram(program: Program): Promise<GatewayProcess> {
  const log = openSync(program.logFile, 'a')
  const spawnedMs = monotonicMs()
  const child = spawn(program.file, [...program.args], {
    cwd: program.cwd,
    env: { ...process.env, ...program.env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  await once(child, 'spawn')
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const ending = async (signal: 'SIGTERM' | 'SIGKILL') => {
    process.off('exit', end)
    if (hasEnded()) return
    const ended = once(child, 'exit')
    child.kill(signal)
    const stopped = await Promise.race([ended, wait(STOP_MAX_MS, 'late', { ref: false })])
    if (stopped === 'late') end()
    await ended
  }
  return {
    pid: child.pid ?? 0,
    spawnedMs,
    mustRun: () => {
      if (!hasEnded()) return
      throw new Error(
        `${program.name} ended by itself: ${readFileSync(program.logFile, 'utf8').slice(-2_000)}`,
      )
    },
    kill: () => ending('SIGKILL'),
    [Symbol.asyncDispose]: () => ending('SIGTERM'),
  }
}
