/** Where the console listens: on the port that is configured, or on any other one of this computer until that can be had. */
import type { RequestListener, Server } from 'node:http'
import { hostname } from 'node:os'
import type { AuditTrail } from '../audit-trail/audit-trail.ts'
import { hostWithPort } from '../documents/host.ts'
import { withHint } from '../domain/errors.ts'
import type { Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { systemFault } from '../runtime/system-fault.ts'
import type { ConsoleAccess } from './access/access.ts'
import type { Connections } from './connections.ts'
import type { ConsoleApi } from './endpoint.ts'
import { type Listener, listen } from './listener.ts'
import type { Presence } from './presence.ts'
import type { StatusReport } from './report.ts'
import type { ConsoleSettings } from './settings.ts'
import type { Certificate } from './tls/certificate.ts'
import { FollowedCertificate } from './tls/follow-certificate.ts'
import { type MetricsText, watchedPaths } from './watchers.ts'

/** The codes of everything that can be wrong with the console. Alerts are named by them. */
const CONSOLE_TROUBLES = {
  /** It listens elsewhere than configured. */
  port: 'console-port',
} as const

const LOOPBACK = '127.0.0.1'
/** How often what could not be had is tried again. */
const AGAIN_MS = 5_000

export interface PortParts extends ConsoleSettings {
  /** The name of the gateway. */
  readonly gateway: string
  /** Of the plant, IANA name. */
  readonly timezone: string
  /** Where users are kept. */
  readonly dataFolder: string
  readonly access: ConsoleAccess
  readonly trail: AuditTrail
  /** @param own what is wrong with the console itself */
  readonly report: (own: readonly Trouble[]) => Promise<StatusReport>
  /** What a scrape is answered with. @param accept as the header of that name says */
  readonly metrics: (own: readonly Trouble[], accept: string | undefined) => Promise<MetricsText>
  /** Why the gateway does not yet do its work, or does not any more; undefined while it does. */
  readonly unready: () => Promise<string | undefined>
  /** What the rest of the gateway has to say. Called once, when somebody asks. */
  readonly api: () => Promise<ConsoleApi>
  /** Leaves word where it listens. @throws what the file system says */
  readonly announce: (presence: Presence) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

type Place = Pick<Presence, 'host' | 'port'>

/** Where the console listens now, and where it should. */
export class ConsolePort {
  readonly #parts: PortParts
  #listener: Listener | undefined
  /** It listens elsewhere than configured. */
  #trouble: Trouble | undefined
  #announced: Listener | undefined
  #isUnannounced = false
  #pause = new AbortController()
  readonly #certificates: FollowedCertificate
  #certificate: Certificate | undefined
  /** The same wherever it listens. */
  #api: Promise<ConsoleApi> | undefined

  constructor(parts: PortParts) {
    this.#parts = parts
    this.#certificates = new FollowedCertificate(parts)
  }

  /** Makes good what is missing, and waits until it is worth looking again. */
  async look(signal: AbortSignal): Promise<void> {
    this.#pause = new AbortController()
    const before = this.#listener
    await this.#takeCertificate()
    if (!this.#listener || this.#trouble) await this.#listenWhereConfigured()
    if (this.#listener && this.#listener !== this.#announced) await this.#announce(this.#listener)
    // Closed only after the new one was announced, so that nobody is sent to a port that is closed.
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

  async #takeCertificate(): Promise<void> {
    const found = await this.#certificates.look()
    if (found && this.#certificate && found.fingerprint !== this.#certificate.fingerprint)
      this.#listener?.show(found)
    this.#certificate = found
  }

  #listen(place: Place): Promise<Listener> {
    return listen({
      ...place,
      certificate: this.#certificate,
      atOnce: (connections) => this.#watched(place, connections),
      load: (server, connections) => this.#load(place, server, connections),
      onBroken: () => {
        this.close()
        this.#pause.abort()
      },
    })
  }

  #watched({ host }: Place, connections: Connections): ReturnType<typeof watchedPaths> {
    const parts = this.#parts
    return watchedPaths({
      ...parts,
      connections,
      names: this.#namesOf(host),
      report: () => parts.report(this.troubles),
      metrics: (accept) => parts.metrics(this.troubles, accept),
    })
  }

  #namesOf(host: string): readonly string[] {
    return [...this.#parts.names, hostname(), host]
  }

  /** @throws what keeps a part of the program from being loaded, after it was logged */
  async #load({ host }: Place, server: Server, connections: Connections): Promise<RequestListener> {
    const parts = this.#parts
    try {
      const { webApp } = await import('./web-app.ts')
      this.#api ??= parts.api()
      return await webApp(server, connections, {
        ...parts,
        api: await this.#api,
        names: this.#namesOf(host),
        nowMs: () => parts.clock.now().wallMs,
      })
    } catch (error) {
      this.#api = undefined
      parts.log.error({ event: 'console-unloaded', error }, 'the pages and the API cannot be loaded')
      throw error
    }
  }

  /** What is wrong with the console itself. */
  get troubles(): readonly Trouble[] {
    const { access, trail } = this.#parts
    return [
      ...(this.#trouble ? [this.#trouble] : []),
      ...access.troubles,
      ...trail.troubles,
      ...this.#certificates.troubles,
    ]
  }

  async #announce(listener: Listener): Promise<void> {
    const { log, announce } = this.#parts
    try {
      await announce({ host: listener.host, port: listener.port, isSecure: this.#certificate !== undefined })
      this.#announced = listener
      if (this.#isUnannounced)
        log.info({ event: 'console-announced' }, 'over: it is written down where the console listens')
      this.#isUnannounced = false
    } catch (error) {
      if (!this.#isUnannounced)
        log.warn(
          { event: 'console-unannounced', error },
          'it cannot be written down where the console listens',
        )
      this.#isUnannounced = true
    }
  }

  #found(why: string, hint: string): void {
    if (this.#trouble || !this.#listener) return
    const { host, port } = this.#listener
    const { clock, log } = this.#parts
    const what = `${why}; it listens on ${hostWithPort(host, port)} meanwhile, where status finds it`
    this.#trouble = { code: CONSOLE_TROUBLES.port, what, hint, sinceMs: clock.now().wallMs }
    log.warn({ event: 'trouble-began', code: CONSOLE_TROUBLES.port }, withHint(what, hint))
  }

  #over(): void {
    if (!this.#trouble) return
    const { host, port, log } = this.#parts
    this.#trouble = undefined
    log.info(
      { event: 'trouble-over', code: CONSOLE_TROUBLES.port },
      `over: the console listens on ${hostWithPort(host, port)}`,
    )
  }
}
