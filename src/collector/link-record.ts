/** What is known of one device's link: for `status`, and for whoever has to see to it. */
import { contactMsOf, type Device } from '../domain/device.ts'
import type { DeviceLink } from '../domain/driver.ts'
import { type LinkLost, withHint } from '../domain/errors.ts'
import type { DeviceHealth, Health, LinkState, ShownCertificate, Trouble } from '../domain/health.ts'
import { elapsedMs, type Instant, shift } from '../domain/instant.ts'
import type { Sample } from '../domain/signal.ts'
import type { Clock } from '../runtime/clock.ts'
import { LinkCounts } from './link-counts.ts'
import { type LinkFault, LinkStanding } from './link-standing.ts'
import { type ShownSignal, SignalRecord } from './signal-record.ts'

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

/** The record of one device, from the start of its collector on. */
export class LinkRecord {
  readonly #device: Device
  readonly #contactMs: number
  readonly #clock: Clock
  readonly #awakeSince: () => Instant | undefined
  readonly #signals: SignalRecord
  readonly #standing: LinkStanding
  /** Goes on whatever becomes of the link. */
  readonly counts = new LinkCounts()
  /** It may become quieter, and have something else to say, while it lasts. */
  #link: Pick<DeviceLink, 'quietMaxMs' | 'remark'> | undefined
  #certificate: ShownCertificate | undefined
  #lastContact: Instant | undefined

  /** @param awakeSince since when the gateway takes in what devices send, without a break */
  constructor(device: Device, clock: Clock, awakeSince: () => Instant | undefined = () => undefined) {
    this.#device = device
    this.#contactMs = contactMsOf(device)
    this.#clock = clock
    this.#awakeSince = awakeSince
    this.#standing = new LinkStanding(clock)
    this.#signals = new SignalRecord(device)
  }

  /** A link is made, which may be quiet for a while, and may have something to say of itself. */
  linked(link: Pick<DeviceLink, 'quietMaxMs' | 'remark'>): void {
    this.#link = link
  }

  /** Whoever stands between the device and the gateway has shown a certificate. */
  shownCertificate(certificate: ShownCertificate): void {
    this.#certificate = certificate
  }

  connected(): void {
    this.counts.changed()
    this.#standing.connected()
  }

  contact(at: Instant, samples: readonly Sample[]): void {
    this.#lastContact = at
    this.counts.read(this.#signals.take(samples))
  }

  /** What a signal showed last. */
  shown(signal: string): ShownSignal | undefined {
    return this.#signals.shown(signal)
  }

  /** @returns whether the link was not known to be lost */
  lost(fault: LinkLost): boolean {
    this.counts.failed()
    if (this.#standing.state === 'connected') this.counts.changed()
    return this.#standing.lost(fault)
  }

  /** Collecting ended with an error that is not the device's. */
  failed(error: unknown): void {
    this.#standing.failed(error)
  }

  health(): Health<DeviceHealth> {
    const { state: linkState, since, fault: linkFault } = this.#standing
    const silentSince = this.#silentSince()
    const state = silentSince ? 'silent' : linkState
    const sinceMs = (silentSince ?? since).wallMs
    const troubles =
      state === 'connected' ? this.#signalTroubles() : [this.#trouble(state, this.#wordsFor(state), sinceMs)]
    const fault = linkFault ?? troubles.find(({ code }) => code === DEVICE_TROUBLES.noValues)
    const summary: DeviceHealth = {
      device: this.#device.id,
      subject: this.#device.subject,
      state,
      sinceMs,
      lastContactMs: this.#lastContact?.wallMs ?? null,
      // What a device said before its link was lost says nothing of now.
      signals: linkState === 'connected' ? this.#signals.signals : [],
      ...(this.#certificate && { certificate: this.#certificate }),
      counts: this.counts.soFar,
      ...(fault === undefined ? {} : { error: withHint(fault.what, fault.hint) }),
      ...(linkState !== 'lost' && this.#link?.remark !== undefined && { remark: this.#link.remark }),
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
        return this.#standing.fault ?? { what: `${id}: the link is lost` }
    }
  }

  get #silentAfterMs(): number {
    const quietMaxMs = this.#link?.quietMaxMs ?? 0
    return Math.max(SILENT_AFTER_MS, SILENT_AFTER_POLLS * this.#contactMs, quietMaxMs)
  }

  #silentSince(): Instant | undefined {
    const { state, since } = this.#standing
    if (state !== 'connected') return undefined
    let last = since
    for (const other of [this.#lastContact, this.#awakeSince()]) {
      if (other && elapsedMs(last, other) > 0) last = other
    }
    const isSilent = elapsedMs(last, this.#clock.now()) > this.#silentAfterMs
    return isSilent ? shift(last, this.#silentAfterMs) : undefined
  }
}
