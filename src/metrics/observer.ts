/**
 * Looks around now and then at what costs a look at the disk or the kernel, so that a scrape finds it: neither a hanging disk nor a
 * thousand scrapes change how the gateway polls.
 */
import type { ReportParts } from '../console/report.ts'
import type { Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { certificateTroubles, distinct, type KnownCertificate } from './certificates.ts'
import { ClockWatch } from './clock-watch.ts'
import { type DataFiles, lookAtFiles, UNSEEN_FILES } from './data-files.ts'
import type { FlashMeter } from './flash-meter.ts'
import { ProcessWatch } from './process-standing.ts'
import type { GatewaySight } from './sight.ts'

const LOOK_EVERY_MS = 15_000
/** Certificates are good for months. */
const CERTIFICATES_EVERY_MS = 10 * 60_000
/** At the end the disk has so long. */
const LAST_SAVE_MS = 500

interface ObserverParts {
  readonly dataFolder: string
  readonly flash: FlashMeter
  /** Those in files: of the configuration and of OPC UA. */
  readonly certificates: () => Promise<readonly KnownCertificate[]>
  /** Those that others have shown; asked whenever somebody wants to know. */
  readonly met: () => readonly KnownCertificate[]
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

/** Looks while it runs. */
export class Observer implements Service {
  readonly name = 'observer'
  readonly #parts: ObserverParts
  readonly #clockWatch: ClockWatch
  readonly #program: ProcessWatch
  #files: DataFiles = UNSEEN_FILES
  #inFiles: readonly KnownCertificate[] = []
  #certificatesAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: ObserverParts) {
    this.#parts = parts
    this.#clockWatch = new ClockWatch(parts.clock)
    this.#program = new ProcessWatch(() => parts.clock.now().monoMs)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, flash } = this.#parts
    while (!signal.aborted) {
      await this.#look()
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
    this.#program[Symbol.dispose]()
    await Promise.race([flash.look().then(() => flash.save()), clock.sleep(LAST_SAVE_MS)])
  }

  /** What is wrong with what it looks at. */
  troubles(): readonly Trouble[] {
    const { flash, clock } = this.#parts
    return [...flash.troubles, ...certificateTroubles(this.#certificates, clock.now().wallMs)]
  }

  /** Everything that metrics are made of, at this moment. */
  async sight(report: ReportParts, isReady: boolean): Promise<GatewaySight> {
    return {
      report,
      isReady,
      program: await this.#program.standing(),
      clock: this.#clockWatch.standing,
      flash: this.#parts.flash.use,
      files: this.#files,
      certificates: this.#certificates,
    }
  }

  get #certificates(): readonly KnownCertificate[] {
    return distinct([...this.#inFiles, ...this.#parts.met()])
  }

  async #lookAtClock(): Promise<void> {
    const { steps } = this.#clockWatch.standing
    await this.#clockWatch.look()
    const { steps: stepsNow, lastStepMs } = this.#clockWatch.standing
    if (stepsNow === steps || lastStepMs === null) return
    const what = `the clock of this computer was set by ${(lastStepMs / 1_000).toFixed(1)} s`
    this.#parts.log.warn({ event: 'clock-stepped', byMs: Math.round(lastStepMs) }, what)
  }

  async #look(): Promise<void> {
    const { dataFolder, flash, certificates, clock } = this.#parts
    await this.#lookAtClock()
    await flash.look()
    this.#files = await lookAtFiles(dataFolder)
    if (clock.now().monoMs - this.#certificatesAtMs < CERTIFICATES_EVERY_MS) return
    this.#certificatesAtMs = clock.now().monoMs
    this.#inFiles = await certificates()
  }
}
