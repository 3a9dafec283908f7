/**
 * A gateway process that can be killed and started again at will, and a watch that knows from its health endpoint when
 * it could see each machine. From a kill until the next contact everything is dark.
 */
import { withdraw } from '../console/presence.ts'
import { type DarkWindows, darkWindows } from './dark-windows.ts'
import { type Look, seenSince, watchGateway } from './gateway-watch.ts'
import { type GatewayProcess, type Program, spawnGateway } from './program.ts'
import { settle } from './settle.ts'
import type { Site } from './site.ts'

/** A gateway that was told to stop does so within 5 s; after twice that it is killed. */
const STOP_MAX_MS = 10_000

/** What was seen this short before a kill may not have been on the disk yet: a slow disk takes its time to sync. */
const UNSAVED_MAX_MS = 1_000

/** No process sees anything this soon after its start: an older time is that of the life before. */
const START_MIN_MS = 200

export interface WatchedGateway extends AsyncDisposable {
  readonly dark: Pick<DarkWindows, 'of'>
  /** What it said last; undefined while it is down. */
  readonly look: Look | undefined
  /** It ended although nobody asked it to. */
  readonly hasFallen: boolean
  start(): void
  /** SIGKILL: as good as a power cut for the process. */
  kill(): Promise<void>
  /** SIGTERM. @returns its exit code; null when it had to be killed */
  stop(): Promise<number | null>
  /** SIGHUP: it reads its files again. */
  reload(): void
  /** Whether every machine came into sight in time. */
  untilInSight(withinMs: number, signal?: AbortSignal): Promise<boolean>
}

export function watchedGateway(parts: {
  readonly program: Program
  readonly site: Site
  readonly logFile: string
  readonly machines: readonly string[]
}): WatchedGateway {
  const { program, site, logFile, machines } = parts
  const dark = darkWindows(machines)
  const watching = new AbortController()
  let running: GatewayProcess | undefined
  let startedAtMs = Number.POSITIVE_INFINITY
  let look: Look | undefined

  const notice = (next: Look) => {
    if (!running) return
    look = next
    for (const machine of seenSince(next, startedAtMs + START_MIN_MS)) dark.open(machine, next.atMs)
  }
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (!running) return null
    dark.close(Date.now() - (signal === 'SIGKILL' ? UNSAVED_MAX_MS : 0))
    const ending = running
    running = undefined
    look = undefined
    const code = await endProcess(ending, signal)
    await withdraw(site.dataFolder)
    return code
  }
  void watchGateway(site.dataFolder, notice, watching.signal)

  return {
    dark,
    get look() {
      return look
    },
    get hasFallen() {
      return running?.hasExited ?? false
    },
    start: () => {
      startedAtMs = Date.now()
      running = spawnGateway(program, { configFile: site.configFile, logFile })
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    reload: () => running?.signal('SIGHUP'),
    untilInSight: (withinMs, signal) =>
      settle(() => dark.allInSight, { withinMs, ...(signal === undefined ? {} : { signal }) }),
    [Symbol.asyncDispose]: async () => {
      watching.abort()
      await end('SIGKILL')
    },
  }
}

async function endProcess(gateway: GatewayProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  gateway.signal(signal)
  const impatience = setTimeout(() => gateway.signal('SIGKILL'), STOP_MAX_MS)
  const code = await gateway.exited
  clearTimeout(impatience)
  return code
}
