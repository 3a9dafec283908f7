/**
 * What could be seen of a machine, from what its devices told and from its map, with all that came later known. Written from the
 * contract, and knows nothing of the derivation.
 *
 * The contract in short: the first rule that matches decides. Only devices of signals that it had to read say whether the machine
 * is seen. A heartbeat that stands still for too long proves nothing since its last beat.
 */
import type { DerivedStatus } from '../../src/domain/status.ts'
import type { Setting, State } from './day.ts'
import { type Lived, OTHER, PLC, staleAfterMsOf, type Told } from './live.ts'

/** At `at` the machine was seen with this status; null: it was known not to be seen. */
export interface Sighting {
  readonly at: number
  readonly status: DerivedStatus | null
  /**
   * What the heartbeat makes of it: `sure`: it beat before and after; `fresh`: it beat just before, and then no more in time, so
   * that what was shown may have been old; `stale`: it was overdue already.
   */
  readonly proof: 'sure' | 'fresh' | 'stale'
  /** Undefined where it cannot be known. */
  readonly order: string | null | undefined
}

const STATUS_OF: Readonly<Record<State, DerivedStatus>> = {
  run: 'running',
  ready: 'idle',
  fault: 'down',
  setup: 'setup',
  service: 'maintenance',
}

export function sightingsOf({ day, told }: Lived): readonly Sighting[] {
  const watch = new Watch(day.setting)
  for (const one of told) watch.take(one)
  return watch.sightings()
}

class Watch {
  readonly #setting: Setting
  readonly #sightings: Sighting[] = []
  readonly #contacts = new Map<string, number>()
  readonly #values = new Map<string, unknown>()
  /** When the heartbeat changed, or was read for the first time since a start. */
  readonly #beats: { readonly at: number; readonly isChange: boolean }[] = []
  /** For each sighting: whether it rests on the PLC, whose heart may stand still. */
  readonly #byPlc: boolean[] = []
  #lastBeat: unknown

  constructor(setting: Setting) {
    this.#setting = setting
  }

  take(told: Told): void {
    if (told.kind === 'away') this.#restart(told.at)
    else if (told.kind === 'scan') return
    else if (told.kind === 'link') {
      if (!told.up) this.#forget([told.device], told.at)
    } else this.#read(told)
  }

  #read({ device, completeTo, samples }: Extract<Told, { kind: 'reading' }>): void {
    samples.forEach(({ at, signal, value, quality }, index) => {
      this.#values.set(signal, quality === 'good' ? value : undefined)
      if (signal === 'alive' && value !== this.#lastBeat) {
        this.#beats.push({ at, isChange: this.#lastBeat !== undefined })
        this.#lastBeat = value
      }
      if (samples[index + 1]?.at !== at) this.#see(device, at)
    })
    this.#see(device, completeTo, samples.length === 0)
  }

  #restart(at: number): void {
    this.#forget([PLC, OTHER], at)
    this.#lastBeat = undefined
  }

  #forget(devices: readonly string[], at: number): void {
    const before = this.#verdict()
    for (const device of devices) {
      this.#contacts.delete(device)
      for (const signal of signalsOf(device)) this.#values.delete(signal)
    }
    if (before?.reads.some((device) => devices.includes(device))) this.#note(at, null)
  }

  /**
   * A contact shows that the values still hold up to the least recent contact of the devices that count. A change says nothing of
   * the time before it.
   */
  #see(device: string, at: number, isContact = false): void {
    this.#contacts.set(device, Math.max(at, this.#contacts.get(device) ?? at))
    const verdict = this.#verdict()
    if (!verdict) this.#note(at, null)
    else if (verdict.reads.includes(device)) {
      const seenTo = this.#seenTo(verdict.reads)
      if (seenTo >= at || isContact) this.#note(seenTo, verdict.status, verdict.reads.includes(PLC))
    }
  }

  /** The device that was in contact least recently counts. */
  #seenTo(devices: readonly string[]): number {
    return Math.min(...devices.map((device) => this.#contacts.get(device) ?? Number.POSITIVE_INFINITY))
  }

  #note(at: number, status: DerivedStatus | null, byPlc = false): void {
    if (at < (this.#sightings.at(-1)?.at ?? 0)) return
    const order = this.#values.has('order') ? (this.#values.get('order') as string) || null : undefined
    this.#sightings.push({ at, status, order, proof: 'sure' })
    this.#byPlc.push(byPlc)
  }

  #verdict(): { readonly status: DerivedStatus; readonly reads: readonly string[] } | undefined {
    const isGated = this.#setting.devices === 'gate'
    const gate = this.#values.get('gate')
    const state = this.#values.get('state') as State | undefined
    if (isGated && gate === undefined) return undefined
    if (isGated && gate === 'open') return { status: 'idle', reads: [OTHER] }
    if (state === undefined) return undefined
    return { status: STATUS_OF[state], reads: isGated ? [PLC, OTHER] : [PLC] }
  }

  sightings(): readonly Sighting[] {
    if (!this.#setting.heart) return this.#sightings
    const staleMs = staleAfterMsOf(this.#setting)
    let next = 0
    return this.#sightings.map((sighting, index) => {
      while ((this.#beats[next]?.at ?? Number.POSITIVE_INFINITY) <= sighting.at) next += 1
      const before = this.#beats[next - 1]
      const after = this.#beats[next]?.at ?? Number.POSITIVE_INFINITY
      if (!this.#byPlc[index] || !before) return sighting
      if (before.isChange && after - before.at <= staleMs) return sighting
      return { ...sighting, proof: sighting.at - before.at <= staleMs ? 'fresh' : 'stale' }
    })
  }
}

function signalsOf(device: string): readonly string[] {
  return device === PLC ? ['state', 'fault', 'order', 'alive'] : ['gate', 'power']
}
