/** What is known of one device's link, for the status page. */
import type { Device } from '../domain/device.ts'
import type { LinkLost } from '../domain/errors.ts'
import type { DeviceHealth, LinkState } from '../domain/health.ts'
import { elapsedMs, type Instant, shift } from '../domain/instant.ts'
import type { Clock } from '../runtime/clock.ts'

/** A connected device of which nothing came for this long, and for three polls, is called silent. */
const SILENT_AFTER_MS = 5_000
const SILENT_AFTER_POLLS = 3

export class LinkRecord {
  readonly #device: Device
  readonly #clock: Clock
  readonly #silentAfterMs: number
  #state: LinkState = 'connecting'
  #since: Instant
  #lastContact: Instant | undefined
  #error: string | undefined

  constructor(device: Device, clock: Clock) {
    this.#device = device
    this.#clock = clock
    this.#since = clock.now()
    this.#silentAfterMs = Math.max(SILENT_AFTER_MS, SILENT_AFTER_POLLS * shortestPollMs(device))
  }

  connected(): void {
    this.#enter('connected')
    this.#error = undefined
  }

  contact(at: Instant): void {
    this.#lastContact = at
  }

  /** @returns whether the link was not known to be lost */
  lost(fault: LinkLost): boolean {
    const isNews = this.#state !== 'lost'
    if (isNews) this.#enter('lost')
    this.#error = fault.hint ? `${fault.message}; ${fault.hint}` : fault.message
    return isNews
  }

  /** Notes an error that is not the device's, and hands it on. */
  failed(error: unknown): unknown {
    this.#enter('lost')
    this.#error = error instanceof Error ? error.message : String(error)
    return error
  }

  health(): DeviceHealth {
    const silentSince = this.#silentSince()
    return {
      device: this.#device.id,
      state: silentSince ? 'silent' : this.#state,
      sinceMs: (silentSince ?? this.#since).wallMs,
      lastContactMs: this.#lastContact?.wallMs ?? null,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
  }

  #enter(state: LinkState): void {
    this.#state = state
    this.#since = this.#clock.now()
  }

  #silentSince(): Instant | undefined {
    if (this.#state !== 'connected') return undefined
    const contact = this.#lastContact
    const last = contact && elapsedMs(this.#since, contact) > 0 ? contact : this.#since
    const isSilent = elapsedMs(last, this.#clock.now()) > this.#silentAfterMs
    return isSilent ? shift(last, this.#silentAfterMs) : undefined
  }
}

function shortestPollMs({ pollMs, signals }: Device): number {
  return Math.min(
    ...signals.map((signal) => signal.pollMs ?? pollMs),
    signals.length === 0 ? pollMs : Number.POSITIVE_INFINITY,
  )
}
