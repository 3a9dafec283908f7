/**
 * A gateway process that can be killed and started again, and a watch on its health endpoint that records when it could see
 * each machine. From a kill until the next contact no machine counts as seen.
 */
import { findPresence, withdraw } from '../console/presence.ts'
import { hostWithPort } from '../documents/host.ts'
import { type DarkWindows, darkWindows } from './dark-windows.ts'
import { seenSince, type TimedReport, watchGateway } from './gateway-watch.ts'
import type { Guard } from './guard.ts'
import { type GatewayProcess, type Program, spawnGateway } from './program.ts'
import { settle } from './settle.ts'
import type { DemoSite } from './site.ts'

/** A gateway that was told to stop does so within 5 s; after twice that it is killed. */
const STOP_MAX_MS = 10_000

/** What the gateway saw less than this before a kill may not have been on disk yet, because a slow disk syncs late. */
const UNSAVED_MAX_MS = 1_000

/** A gateway sees nothing earlier than this after its start. A report of an earlier contact speaks of the run before. */
const START_MIN_MS = 200

/** A gateway of the line. Disposing it kills a process that still runs. */
export interface WatchedGateway extends AsyncDisposable {
  readonly dark: Pick<DarkWindows, 'of'>
  /** Its last report; undefined while it is down. */
  readonly look: TimedReport | undefined
  /** It ended although nobody asked it to. */
  readonly hasFallen: boolean
  /** Its process; undefined while it is down. */
  readonly pid: number | undefined
  /** The address of its pages; undefined as long as it has not said where it listens. */
  readonly pages: string | undefined
  start(): void
  /** SIGKILL: for the process this is the same as a power cut. */
  kill(): Promise<void>
  /** SIGTERM. @returns its exit code; null when it had to be killed */
  stop(): Promise<number | null>
  /** SIGHUP: it reads its files again. */
  reload(): void
  /** SIGSTOP: it does nothing any more until it is thawed, and sees nothing meanwhile. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** Waits until it sees every machine, and every station can be used. @returns whether it did in time */
  untilInSight(withinMs: number, signal?: AbortSignal): Promise<boolean>
}

/** It is not started yet. */
export function watchedGateway(parts: {
  readonly program: Program
  readonly site: DemoSite
  readonly logFile: string
  readonly machines: readonly string[]
  readonly scanners: readonly string[]
  readonly guard: Guard
}): WatchedGateway {
  const { program, site, logFile, machines, scanners, guard } = parts
  const dark = darkWindows(machines)
  const watching = new AbortController()
  let running: GatewayProcess | undefined
  let startedAtMs = Number.POSITIVE_INFINITY
  let look: TimedReport | undefined

  const notice = (next: TimedReport) => {
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
    guard.minds(undefined)
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
    get pid() {
      return running?.pid
    },
    get pages() {
      return pagesOf(site)
    },
    start: () => {
      startedAtMs = Date.now()
      running = spawnGateway(program, { configFile: site.configFile, logFile })
      guard.minds(running.pid)
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    reload: () => running?.signal('SIGHUP'),
    freeze: () => {
      dark.close(Date.now())
      startedAtMs = Number.POSITIVE_INFINITY
      look = undefined
      running?.signal('SIGSTOP')
    },
    thaw: () => {
      startedAtMs = Date.now()
      running?.signal('SIGCONT')
    },
    untilInSight: (withinMs, signal) =>
      settle(() => dark.allInSight && areStationsReady(look, scanners), {
        withinMs,
        ...(signal === undefined ? {} : { signal }),
      }),
    [Symbol.asyncDispose]: async () => {
      watching.abort()
      await end('SIGKILL')
    },
  }
}

function pagesOf({ dataFolder }: DemoSite): string | undefined {
  const presence = findPresence(dataFolder)
  if (presence === undefined || presence === 'hidden') return undefined
  return `http://${hostWithPort(presence.host, presence.port)}/`
}

/** These scanners are connected, and it knows the badges of central. */
function areStationsReady(look: TimedReport | undefined, scanners: readonly string[]): boolean {
  if (!look) return false
  const { report } = look
  const connected = report.scanners.filter(({ state }) => state === 'connected')
  return (
    scanners.every((name) => connected.some(({ scanner }) => scanner === name)) &&
    // Nothing is wrong yet with a copy that was not opened yet: only what was read is known.
    (scanners.length === 0 || typeof report.masterdata?.users_read === 'string')
  )
}

async function endProcess(gateway: GatewayProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  gateway.signal(signal)
  const impatience = setTimeout(() => gateway.signal('SIGKILL'), STOP_MAX_MS)
  const code = await gateway.exited
  clearTimeout(impatience)
  return code
}
