/** A part that runs until its signal is aborted: calling `run` starts it, aborting stops it, and `await using` cleans up. */
import { type Backoff, backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export interface Service {
  readonly name: string
  run(signal: AbortSignal): Promise<void>
}

/** A service that fails and is started again, and has not run well for a while since. */
export interface FallingPart {
  readonly name: string
  /** How often it has failed since then. */
  readonly times: number
  /** Ms since 1970. */
  readonly sinceMs: number
  readonly lastError: unknown
}

interface ServiceWorld {
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
}

/** Keeps the parts of one program running, so that the fault of one stops no other. */
export interface Parts {
  /**
   * Starts a service and keeps it running.
   * @returns the way to stop it, which resolves once it has ended
   */
  start(service: Service): () => Promise<void>
  /** Runs a service until aborted, and starts it again whenever it fails. */
  keep(service: Service, signal: AbortSignal): Promise<void>
  readonly falling: readonly FallingPart[]
}

/** The code by which the log and `status` name a part that falls. */
export const PART_RESTARTS = 'part-restarts'
/** A part that has run for so long runs well. */
const RUNS_WELL_MS = 60_000
const RESTART_MIN_MS = 1_000
const RESTART_MAX_MS = 30_000

export function createParts(world: ServiceWorld): Parts {
  const kept = new Set<KeptService>()

  async function keep(service: Service, signal: AbortSignal): Promise<void> {
    const one = new KeptService(service, world)
    kept.add(one)
    await one.keep(signal)
    kept.delete(one)
  }

  function start(service: Service): () => Promise<void> {
    const stop = new AbortController()
    const ended = keep(service, stop.signal)
    return () => {
      stop.abort()
      return ended
    }
  }

  return {
    start,
    keep,
    get falling() {
      return [...kept].flatMap(({ fall }) => fall ?? [])
    },
  }
}

/** One service, over all its runs. */
class KeptService {
  readonly #service: Service
  readonly #world: ServiceWorld
  readonly #delays: Backoff
  fall: FallingPart | undefined

  constructor(service: Service, world: ServiceWorld) {
    this.#service = service
    this.#world = world
    this.#delays = backoff({ minMs: RESTART_MIN_MS, maxMs: RESTART_MAX_MS, random: world.random })
  }

  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const callOff = this.#world.clock.after(RUNS_WELL_MS, () => this.#runsWell())
      try {
        await this.#service.run(signal)
        if (signal.aborted) return
        throw new Error(`${this.#service.name} ended by itself`)
      } catch (error) {
        if (signal.aborted) return
        this.#fell(error)
      } finally {
        callOff()
      }
      await this.#world.clock.sleep(this.#delays.next(), signal)
    }
  }

  #fell(error: unknown): void {
    const { name } = this.#service
    const { times = 0, sinceMs = this.#world.clock.now().wallMs } = this.fall ?? {}
    this.fall = { name, times: times + 1, sinceMs, lastError: error }
    this.#world.log.error(
      { event: 'trouble-began', code: PART_RESTARTS, service: name, error },
      `${name} failed and will be started again`,
    )
  }

  #runsWell(): void {
    this.#delays.reset()
    if (!this.fall) return
    const { name, times } = this.fall
    this.fall = undefined
    this.#world.log.info(
      { event: 'trouble-over', code: PART_RESTARTS, service: name, falls: times },
      `over: ${name} runs again`,
    )
  }
}
