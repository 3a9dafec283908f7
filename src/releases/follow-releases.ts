/**
 * Looks for newer releases at the place that `gateway.yaml` names, brings them into force, and says what is wrong with them. Whatever is
 * wrong, the release in force stays.
 */
import type { ConfigFault } from '../domain/errors.ts'
import type { ConfigurationHealth, Health, Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { readFilesAhead } from '../runtime/read-ahead.ts'
import type { Service } from '../runtime/service.ts'
import { systemFault } from '../runtime/system-fault.ts'
import { bundleSource } from './bundle/bundle-source.ts'
import { gitSource } from './git/git-source.ts'
import { installRelease } from './install-release.ts'
import { ReleaseRefused, ReleaseUnreachable } from './release-error.ts'
import {
  currentRelease,
  noteInForce,
  provenRelease,
  type ReleaseNote,
  sweepReleases,
} from './release-folder.ts'
import type { ReleaseSource } from './release-source.ts'
import type { ReleaseSettings } from './settings.ts'

/** Brings releases into force while it runs. */
export interface ReleaseFollower extends Service {
  health(): Health<ConfigurationHealth>
}

interface ReleaseFollowerParts {
  readonly settings: ReleaseSettings
  readonly gateway: string
  readonly dataFolder: string
  readonly judge: (release: string, signal: AbortSignal) => Promise<readonly ConfigFault[]>
  /** Calls `change` at a moment at which nobody is reading the files in force, and has them read again afterwards. */
  readonly between: (change: () => Promise<void>) => Promise<void>
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Calls back when there is to be a look at once. Returns the way to stop that. */
  readonly onReload: (listener: () => void) => () => void
}

/** A server that is being restarted is no trouble. */
const UNREACHED_MAX = 3

/** Nothing is looked at before it runs. */
export function createReleaseFollower(parts: ReleaseFollowerParts): ReleaseFollower {
  const { source } = parts.settings
  return new FollowedReleases(
    parts,
    source.kind === 'git' ? gitSource(source, parts.dataFolder) : bundleSource(source, parts.gateway),
  )
}

interface Failure {
  readonly error: ReleaseRefused | ReleaseUnreachable
  readonly sinceMs: number
  readonly times: number
}

class FollowedReleases implements ReleaseFollower {
  readonly name = 'releases'
  readonly #parts: ReleaseFollowerParts
  readonly #source: ReleaseSource
  #current: ReleaseNote | undefined
  /** The release that the log has said to be in force, by its name. */
  #told: string | undefined
  #checkedAtMs: number | null = null
  #refused: Failure | undefined
  #unreached: Failure | undefined

  constructor(parts: ReleaseFollowerParts, source: ReleaseSource) {
    this.#parts = parts
    this.#source = source
    this.#current = currentRelease(parts.dataFolder)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, settings, onReload } = this.#parts
    while (!signal.aborted) {
      const asked = new AbortController()
      const stopListening = onReload(() => asked.abort())
      try {
        await this.#look(signal)
        await clock.sleep(settings.everyMs, AbortSignal.any([signal, asked.signal]))
      } finally {
        stopListening()
      }
    }
  }

  health(): Health<ConfigurationHealth> {
    const { kind, from } = this.#source
    const { name: release = null, signer = null, since } = this.#current ?? {}
    const sinceMs = since === undefined ? null : Date.parse(since)
    return {
      summary: { kind, from, release, signer, sinceMs, checkedAtMs: this.#checkedAtMs },
      troubles: [...this.#refusedTrouble(), ...this.#unreachedTrouble()],
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { dataFolder, judge, between, clock } = this.#parts
    const nowMs = () => clock.now().wallMs
    try {
      await sweepReleases(dataFolder)
      await readFilesAhead([noteInForce(dataFolder)])
      this.#seeCurrent()
      const found = await this.#source.find(this.#current, signal)
      if (found) {
        const judged = (release: string) => judge(release, signal)
        this.#inForce(await installRelease(found, { dataFolder, judge: judged, between, nowMs }))
      }
      this.#checkedAtMs = nowMs()
      this.#over()
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ReleaseRefused) this.#refuse(error)
      else if (error instanceof ReleaseUnreachable) this.#miss(error)
      else this.#miss(unwritten(error))
    }
  }

  /**
   * Asked of the disk each time: what is in force is what lies there. A release whose last step failed, or after which the process was
   * killed, came into force all the same, and is said to be.
   */
  #seeCurrent(): void {
    const current = provenRelease(this.#parts.dataFolder)
    if (current && current.name !== this.#told) this.#inForce(current)
    this.#current = current
  }

  #inForce(note: ReleaseNote): void {
    const { name: release, from, signer } = note
    this.#current = note
    this.#told = release
    this.#parts.log.info(
      { event: 'release-in-force', release, from, signer },
      `release ${release} of ${from} is in force`,
    )
  }

  #refuse(error: ReleaseRefused): void {
    const nowMs = this.#parts.clock.now().wallMs
    this.#checkedAtMs = nowMs
    this.#unreached = undefined
    const isKnown = this.#refused?.error.message === error.message
    this.#refused = { error, sinceMs: (isKnown && this.#refused?.sinceMs) || nowMs, times: 1 }
    if (!isKnown)
      this.#parts.log.warn(
        { event: 'trouble-began', code: error.code },
        `${error.message}; ${this.#meanwhile()}`,
      )
  }

  #miss(error: ReleaseUnreachable): void {
    const { times = 0, sinceMs = this.#parts.clock.now().wallMs } = this.#unreached ?? {}
    if (times === 0)
      this.#parts.log.warn(
        { event: 'trouble-began', code: error.code },
        `${this.#source.from}: ${error.message}`,
      )
    this.#unreached = { error, sinceMs, times: times + 1 }
  }

  #over(): void {
    for (const failure of [this.#refused, this.#unreached]) {
      if (failure)
        this.#parts.log.info(
          { event: 'trouble-over', code: failure.error.code },
          `over: ${failure.error.message}`,
        )
    }
    this.#refused = undefined
    this.#unreached = undefined
  }

  #refusedTrouble(): readonly Trouble[] {
    if (!this.#refused) return []
    const { error, sinceMs } = this.#refused
    return [
      {
        code: error.code,
        what: `${this.#source.from}: ${error.message}`,
        hint: this.#hintOf(error),
        sinceMs,
      },
    ]
  }

  /** Where no release is in force yet, nothing but the last good maps holds. */
  #unreachedTrouble(): readonly Trouble[] {
    if (!this.#unreached || (this.#current && this.#unreached.times < UNREACHED_MAX)) return []
    const { error, sinceMs } = this.#unreached
    const what = `no newer release can be taken from ${this.#source.from}: ${error.message}`
    return [{ code: error.code, what, hint: this.#hintOf(error), sinceMs }]
  }

  #hintOf({ hint }: Failure['error']): string {
    return `${hint}; ${this.#meanwhile()}`
  }

  #meanwhile(): string {
    return this.#current ? `${this.#current.name} stays in force` : 'the last good maps and routes go on'
  }
}

/** A full disk, a folder that somebody else owns: the release in force goes on, and the next look tries again. */
function unwritten(error: unknown): ReleaseUnreachable {
  const fault = systemFault(error)
  if (!fault) throw error
  const { path } = error as { readonly path?: unknown }
  const where = typeof path === 'string' ? ` (${path})` : ''
  return new ReleaseUnreachable(
    `it could not be read or written here: ${fault.what}${where}`,
    fault.hint,
    error,
  )
}
