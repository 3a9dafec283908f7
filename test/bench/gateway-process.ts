/** The gateway as its users run it: a process, of which a benchmark knows only files, ports and the process id. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Bench } from './benchmark.ts'
import { monotonicMs } from './process-meter.ts'
import type { Site } from './site.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The contract says 5 s; a gateway that takes longer is ended, and the benchmark goes on. */
const STOP_MAX_MS = 15_000

export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number
  /** When it was asked to start, on the machine's monotonic clock. */
  readonly spawnedMs: number
  /** @throws Error with the end of the gateway's log, where it has ended by itself */
  mustRun(): void
}

export async function startGateway(bench: Bench, site: Site): Promise<GatewayProcess> {
  const logFile = join(bench.folder, 'gateway.log')
  const log = openSync(logFile, 'a')
  const profile = bench.profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${bench.profileFolder}`] : []
  const spawnedMs = monotonicMs()
  const gateway = spawn(
    process.execPath,
    [...process.execArgv, ...profile, bench.entry, 'run', '--config', site.configFile],
    {
      cwd: ROOT,
      stdio: ['ignore', log, log],
    },
  )
  const end = () => gateway.kill('SIGKILL')
  process.once('exit', end)
  await once(gateway, 'spawn')
  const hasEnded = () => gateway.exitCode !== null || gateway.signalCode !== null
  return {
    pid: gateway.pid ?? 0,
    spawnedMs,
    mustRun: () => {
      if (!hasEnded()) return
      throw new Error(`the gateway ended by itself: ${readFileSync(logFile, 'utf8').slice(-2_000)}`)
    },
    [Symbol.asyncDispose]: async () => {
      process.off('exit', end)
      if (hasEnded()) return
      const ended = once(gateway, 'exit')
      gateway.kill('SIGTERM')
      const stopped = await Promise.race([ended, wait(STOP_MAX_MS, 'late', { ref: false })])
      if (stopped === 'late') end()
      await ended
    },
  }
}
