/** What the kernel and V8 say of this process. Where there is no /proc, what only it knows is missing. */
import { readdir, readFile } from 'node:fs/promises'
import { type ELDHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** This process at one moment. Null: nobody says it here. */
export interface ProcessStanding {
  readonly cpuS: number | null
  readonly residentBytes: number | null
  readonly openFiles: number | null
  readonly threads: number | null
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
  /** How long a due task had to wait for the main thread, within the last minute or so. */
  readonly loopDelay: LoopDelay
}

/** In ms. */
interface LoopDelay {
  readonly medianMs: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** The kernel counts processor time in hundredths of a second for /proc, on every architecture of Linux that Node has. */
const TICKS_PER_S = 100
/** The main thread is looked at so often: a wake-up of the computer each time. */
const LOOK_EVERY_MS = 50
const NS_PER_MS = 1_000_000
/** The longest delay is kept for so long at least, so that two who scrape see the same. */
const FORGET_AFTER_MS = 60_000

/** Watches the main thread from its making on, until it is disposed. */
export class ProcessWatch implements Disposable {
  readonly #nowMs: () => number
  readonly #delays: ELDHistogram
  #sinceMs: number
  #before: LoopDelay | undefined

  /** @param nowMs by the monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#sinceMs = nowMs()
    this.#delays = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
    this.#delays.enable()
  }

  /** Never fails. */
  async standing(): Promise<ProcessStanding> {
    const [stat, status, files] = await Promise.all([
      textOf('/proc/self/stat'),
      textOf('/proc/self/status'),
      readdir('/proc/self/fd').catch(() => null),
    ])
    const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics()
    return {
      cpuS: cpuSeconds(stat),
      residentBytes: kilobytes(status, 'VmRSS'),
      threads: numberIn(status, 'Threads'),
      openFiles: files?.length ?? null,
      heapUsedBytes,
      heapLimitBytes,
      loopDelay: this.#loopDelay(),
    }
  }

  [Symbol.dispose](): void {
    this.#delays.disable()
  }

  #loopDelay(): LoopDelay {
    const delays = this.#delays
    const [medianMs, p99Ms] = [delayMs(delays.percentile(50)), delayMs(delays.percentile(99))]
    const now = { medianMs, p99Ms, maxMs: delayMs(delays.max) }
    const shown = this.#before ? { ...now, maxMs: Math.max(now.maxMs, this.#before.maxMs) } : now
    if (this.#nowMs() - this.#sinceMs >= FORGET_AFTER_MS) {
      this.#before = now
      this.#sinceMs = this.#nowMs()
      this.#delays.reset()
    }
    return shown
  }
}

/** Node records the time between two looks: the pause between them is no delay. Without a look yet it says nothing that is one. */
function delayMs(ns: number): number {
  const ms = ns / NS_PER_MS - LOOK_EVERY_MS
  return Number.isFinite(ms) && ms > 0 && ms < FORGET_AFTER_MS * 60 ? ms : 0
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'latin1').catch(() => '')
}

/** Fields 14 and 15 of /proc/PID/stat; the second is a name in brackets, in which anything may stand. */
function cpuSeconds(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  return stat === '' || !Number.isFinite(user + system) ? null : (user + system) / TICKS_PER_S
}

function numberIn(status: string, key: string): number | null {
  const [, digits] = new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(status) ?? []
  return digits === undefined ? null : Number(digits)
}

function kilobytes(status: string, key: string): number | null {
  const found = numberIn(status, key)
  return found === null ? null : found * 1024
}
