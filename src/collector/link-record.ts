/** What is known of one device's link: for `status`, and for whoever has to see to it. */
import { contactMsOf, type Device } from '../domain/device.ts'
import { type LinkLost, withHint } from '../domain/errors.ts'
import type { DeviceHealth, Health, LinkState, Trouble } from '../domain/health.ts'
import { elapsedMs, type Instant, shift } from '../domain/instant.ts'
import type { Sample } from '../domain/signal.ts'
import type { Clock } from '../runtime/clock.ts'
import { SignalRecord } from './signal-record.ts'

/** A connected device of which nothing came for this long, and for three polls, is called silent. */
const SILENT_AFTER_MS = 5_000
const SILENT_AFTER_POLLS = 3

/** The codes of everything that can be wrong with a link, by its state. Alerts are named by them. */
export const DEVICE_TROUBLES = {
  /** Not reached yet since the start. */
  connecting: 'device-connecting',
  /** Connected, and nothing comes. */
  silent: 'device-silent',
  /** Gone, or it cannot be made. */
  lost: 'device-lost',
  /** Connected, and none of its signals is good. */
  noValues: 'device-no-values',
} as const

/** Why the link is not there, and what to do about it. */
interface LinkFault {
  readonly what: string
  readonly hint?: string
}

/** The record of one device, from the start of its collector on. */
export class LinkRecord {
  readonly #device: Device
  readonly #clock: Clock
  readonly #signals: SignalRecord
  #silentAfterMs: number
  #state: LinkState = 'connecting'
  #since: Instant
  #lastContact: Instant | undefined
  #fault: LinkFault | undefined

  constructor(device: Device, clock: Clock) {
    this.#device = device
    this.#clock = clock
    this.#since = clock.now()
    this.#signals = new SignalRecord(device)
    this.#silentAfterMs = silentAfterMs(device, undefined)
  }

  /** A link is made that may be quiet for this long while all is well; undefined where its driver does not say. */
  mayBeQuiet(quietMaxMs: number | undefined): void {
    this.#silentAfterMs = silentAfterMs(this.#device, quietMaxMs)
  }

  connected(): void {
    this.#enter('connected')
    this.#fault = undefined
  }

  contact(at: Instant, samples: readonly Sample[]): void {
    this.#lastContact = at
    this.#signals.take(samples)
  }

  /** @returns whether the link was not known to be lost */
  lost({ message, hint }: LinkLost): boolean {
    const isNews = this.#state !== 'lost'
    if (isNews) this.#enter('lost')
    this.#fault = { what: message, ...(hint === undefined ? {} : { hint }) }
    return isNews
  }

  /** Collecting ended with an error that is not the device's. */
  failed(error: unknown): void {
    this.#enter('lost')
    this.#fault = { what: error instanceof Error ? error.message : String(error) }
  }

  health(): Health<DeviceHealth> {
    const silentSince = this.#silentSince()
    const state = silentSince ? 'silent' : this.#state
    const sinceMs = (silentSince ?? this.#since).wallMs
    const troubles =
      state === 'connected' ? this.#signalTroubles() : [this.#trouble(state, this.#wordsFor(state), sinceMs)]
    const fault = this.#fault ?? troubles.find(({ code }) => code === DEVICE_TROUBLES.noValues)
    const summary: DeviceHealth = {
      device: this.#device.id,
      subject: this.#device.subject,
      state,
      sinceMs,
      lastContactMs: this.#lastContact?.wallMs ?? null,
      // What a device said before its link was lost says nothing of now.
      signals: this.#state === 'connected' ? this.#signals.signals : [],
      ...(fault === undefined ? {} : { error: withHint(fault.what, fault.hint) }),
    }
    return { summary, troubles }
  }

  #signalTroubles(): readonly Trouble[] {
    const allBad = this.#signals.allBad
    if (!allBad) return []
    const { count, first, sinceMs } = allBad
    const how = count === 1 ? 'its only signal is not good' : `none of its ${count} signals is good`
    const what = `${this.#device.id}: connected, but ${how}: ${first.signal}: ${first.detail}`
    return [this.#trouble('noValues', { what }, sinceMs)]
  }

  #trouble(part: keyof typeof DEVICE_TROUBLES, words: LinkFault, sinceMs: number): Trouble {
    return { code: DEVICE_TROUBLES[part], ...words, sinceMs, device: this.#device.id }
  }

  #wordsFor(state: Exclude<LinkState, 'connected'>): LinkFault {
    const { id } = this.#device
    switch (state) {
      case 'connecting':
        return { what: `${id}: no answer yet` }
      case 'silent':
        return {
          what: `${id}: connected, but nothing has come for more than ${this.#silentAfterMs / 1_000} s`,
          hint: 'check whether the device is overloaded, and its cable',
        }
      case 'lost':
        return this.#fault ?? { what: `${id}: the link is lost` }
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

function silentAfterMs(device: Device, quietMaxMs: number | undefined): number {
  return Math.max(SILENT_AFTER_MS, SILENT_AFTER_POLLS * contactMsOf(device), quietMaxMs ?? 0)
}
