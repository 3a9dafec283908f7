/**
 * Brings every event of the outbox to one destination, exactly once and in order. What has landed is what the destination's
 * stream says, which moves in the same transaction as the rows; the local cursor only follows it. Where the outcome of a push is
 * not known, the uploader makes a new session and reads the stream again. It never assumes an outcome, never drops an event, and
 * never writes past a fence.
 *
 * Here is the service: it makes one session after the other, and lets each take turns (`turn.ts`) for as long as it lasts.
 */
import type { DestinationSession } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Health, UploadHealth } from '../domain/health.ts'
import { namedOnly } from '../domain/recipient.ts'
import { type Backoff, backoff } from '../runtime/backoff.ts'
import type { Service } from '../runtime/service.ts'
import { writeIfPossible } from './acknowledge.ts'
import { createDoorbell, type Doorbell } from './doorbell.ts'
import { connect } from './patience.ts'
import { UploadProgress } from './progress.ts'
import { createQuarantineRounds } from './quarantine.ts'
import { QuarantineRetries } from './quarantine-retries.ts'
import { createSelfReports, type SelfReports } from './self-reports.ts'
import { UploadTurns } from './turn.ts'
import type { UploaderParts } from './uploader-parts.ts'

/** Delays between two attempts to connect. */
const RECONNECT = { minMs: 500, maxMs: 30_000 }

/** An uploader for one route; start it as a service. */
export function createUploader(parts: UploaderParts): Uploader {
  return new RouteUploader(parts)
}

/** The service, and what may be asked of it. */
export interface Uploader extends Service {
  health(): Health<UploadHealth>
  /** Asks for the quarantine to be tried from its first row, at once if the destination is connected. */
  retryQuarantine(): void
}

class RouteUploader implements Uploader {
  readonly name: string
  readonly #parts: UploaderParts
  readonly #bell: Doorbell
  readonly #delays: Backoff
  readonly #progress: UploadProgress
  readonly #quarantine: QuarantineRetries
  readonly #reports: SelfReports
  readonly #turns: UploadTurns

  constructor(parts: UploaderParts) {
    const { route, clock, log, random, report } = parts
    this.name = `uploader ${route.name}`
    this.#parts = parts
    const rounds = createQuarantineRounds(clock)
    const bell = createDoorbell(clock)
    const delays = backoff({ ...RECONNECT, random })
    const progress = new UploadProgress(parts, { delays, rounds })
    const quarantine = new QuarantineRetries(parts, rounds)
    const reports = createSelfReports({ name: route.name, ask: report, clock, log })
    this.#turns = new UploadTurns(parts, { bell, delays, progress, quarantine, reports })
    this.#bell = bell
    this.#delays = delays
    this.#progress = progress
    this.#quarantine = quarantine
    this.#reports = reports
  }

  async run(signal: AbortSignal): Promise<void> {
    const { outbox, clock } = this.#parts
    const { ring } = this.#bell
    const deafen = outbox.onStored(ring)
    signal.addEventListener('abort', ring, { once: true })
    try {
      await this.#nameRecipient()
      while (!signal.aborted) {
        await this.#holdSession(signal)
        if (!signal.aborted) await clock.sleep(this.#delays.next(), signal)
      }
    } finally {
      signal.removeEventListener('abort', ring)
      deafen()
    }
  }

  health(): Health<UploadHealth> {
    return this.#progress.health()
  }

  retryQuarantine(): void {
    this.#quarantine.ask()
    this.#bell.ring()
  }

  /**
   * What is captured from the first event on is captured for somebody, also while the destination was never reached. Of an older log
   * nobody can say for whom: its destination must prove it.
   */
  async #nameRecipient(): Promise<void> {
    const { outbox, route } = this.#parts
    const { name, recipient } = route
    if (!recipient || (await outbox.tail()).seq > 0 || (await outbox.recipient(name))) return
    await writeIfPossible(() => outbox.deliverTo(name, namedOnly(recipient)))
  }

  /** Connects, and pushes until the session fails or the stop. What its end left unknown, the next session finds in the stream. */
  async #holdSession(signal: AbortSignal): Promise<void> {
    const { outbox, route, clock, budget } = this.#parts
    try {
      const last = await outbox.recipient(route.name)
      const patience = { name: route.name, clock, signal, budget }
      await using session = await connect(route.destination, patience, last)
      await this.#useSession(session, signal)
    } catch (error) {
      if (!(error instanceof DestinationError)) throw error
      if (!signal.aborted) this.#progress.watch.failed(error)
    }
  }

  /** A session that breaks is left at once, also while it waits for events or for somebody to mend something. */
  async #useSession(session: DestinationSession, signal: AbortSignal): Promise<void> {
    const { broken } = session
    const usable = broken ? AbortSignal.any([signal, broken]) : signal
    broken?.addEventListener('abort', this.#bell.ring, { once: true })
    while (!signal.aborted) {
      broken?.throwIfAborted()
      await this.#turns.take(session, usable)
    }
    await this.#reports.farewell(session)
  }
}
