/**
 * The health endpoint, on loopback unless configured otherwise: `/status` says everything, `/health` answers 200 or 503.
 * It only reads; there is nothing here that changes anything.
 *
 * Where the configured port cannot be had, it listens on any other one of this computer, says so, and moves back once it can.
 * Where it listens stands in the data folder; a disk on which that cannot be written keeps it from nothing.
 */
import { hostname } from 'node:os'
import { hostWithPort } from '../documents/host.ts'
import { withHint } from '../domain/errors.ts'
import type { Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { systemFault } from '../runtime/system-fault.ts'
import { type ConsoleAnswer, type Listener, listen } from './listener.ts'
import type { Presence } from './presence.ts'
import type { StatusReport } from './report.ts'
import type { ConsoleSettings } from './settings.ts'

/** The codes of everything that can be wrong with the console. Alerts are named by them. */
const CONSOLE_TROUBLES = {
  /** It listens elsewhere than configured. */
  port: 'console-port',
} as const

const LOOPBACK = '127.0.0.1'
/** How often what could not be had is tried again. */
const AGAIN_MS = 5_000

interface ConsoleParts extends ConsoleSettings {
  /** @param own what is wrong with the console itself */
  readonly report: (own: readonly Trouble[]) => Promise<StatusReport>
  /** Leaves word where it listens. @throws what the file system says */
  readonly announce: (presence: Presence) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** Listens while it runs. */
export function createConsole(parts: ConsoleParts): Service {
  return {
    name: 'console',
    run: async (signal) => {
      const port = new ConsolePort(parts)
      try {
        while (!signal.aborted) await port.look(signal)
      } finally {
        port.close()
      }
    },
  }
}

/** Where the console listens now, and where it should. */
class ConsolePort {
  readonly #parts: ConsoleParts
  #listener: Listener | undefined
  /** It listens elsewhere than configured. */
  #trouble: Trouble | undefined
  #announced: Listener | undefined
  #isUnannounced = false
  #pause = new AbortController()

  constructor(parts: ConsoleParts) {
    this.#parts = parts
  }

  /** Makes good what is missing, and waits until it is worth looking again. */
  async look(signal: AbortSignal): Promise<void> {
    this.#pause = new AbortController()
    const before = this.#listener
    if (!this.#listener || this.#trouble) await this.#listenWhereConfigured()
    if (this.#listener && this.#listener !== this.#announced) await this.#announce(this.#listener)
    // Not before somebody who asks for the place is told the new one.
    if (before !== this.#listener) before?.close()
    await this.#parts.clock.sleep(AGAIN_MS, AbortSignal.any([signal, this.#pause.signal]))
  }

  close(): void {
    this.#listener?.close()
    this.#listener = undefined
  }

  async #listenWhereConfigured(): Promise<void> {
    const { host, port } = this.#parts
    try {
      this.#listener = await this.#listen({ host, port })
      this.#over()
    } catch (error) {
      const fault = systemFault(error)
      if (!fault) throw error
      this.#listener ??= await this.#listen({ host: LOOPBACK, port: 0 })
      this.#found(`the console cannot listen on ${hostWithPort(host, port)}: ${fault.what}`, fault.hint)
    }
  }

  #listen(place: Presence): Promise<Listener> {
    const { report, names } = this.#parts
    return listen({
      ...place,
      names: [...names, hostname()],
      answer: (path) => answer(path, () => report(this.#trouble ? [this.#trouble] : [])),
      onBroken: () => {
        this.close()
        this.#pause.abort()
      },
    })
  }

  async #announce(listener: Listener): Promise<void> {
    const { log, announce } = this.#parts
    try {
      await announce({ host: listener.host, port: listener.port })
      this.#announced = listener
      if (this.#isUnannounced) log.info('over: it is written down where the console listens')
      this.#isUnannounced = false
    } catch (error) {
      if (!this.#isUnannounced) log.warn({ error }, 'it cannot be written down where the console listens')
      this.#isUnannounced = true
    }
  }

  #found(why: string, hint: string): void {
    if (this.#trouble || !this.#listener) return
    const { host, port } = this.#listener
    const { clock, log } = this.#parts
    const what = `${why}; it listens on ${hostWithPort(host, port)} meanwhile, where status finds it`
    this.#trouble = { code: CONSOLE_TROUBLES.port, what, hint, sinceMs: clock.now().wallMs }
    log.warn({ code: CONSOLE_TROUBLES.port }, withHint(what, hint))
  }

  #over(): void {
    if (!this.#trouble) return
    const { host, port, log } = this.#parts
    this.#trouble = undefined
    log.info({ code: CONSOLE_TROUBLES.port }, `over: the console listens on ${hostWithPort(host, port)}`)
  }
}

async function answer(path: string, report: () => Promise<StatusReport>): Promise<ConsoleAnswer> {
  try {
    if (path === '/status') return { code: 200, body: await report() }
    if (path === '/health') {
      const { healthy, degraded } = await report()
      return { code: healthy ? 200 : 503, body: { healthy, degraded } }
    }
    return { code: 404, body: { error: 'there is /status and /health' } }
  } catch (error) {
    return { code: 500, body: { error: error instanceof Error ? error.message : 'the report failed' } }
  }
}
