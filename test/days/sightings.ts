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
  /** The heartbeat stood still around this moment, so that what was shown may be old. */
  readonly isDoubtful: boolean
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
  readonly #beats: number[] = []
  /** For each sighting: whether it rests on the PLC, whose heart may stand still. */
  readonly #byPlc: boolean[] = []
  #lastBeat: unknown

  constructor(setting: Setting) {
    this.#setting = setting
  }

  take(told: Told): void {
    if (told.kind === 'away') this.#forget([PLC, OTHER], told.at)
    else if (told.kind === 'link') {
      if (!told.up) this.#forget([told.device], told.at)
    } else this.#read(told)
  }

  #read({ device, completeTo, samples }: Extract<Told, { kind: 'reading' }>): void {
    samples.forEach(({ at, signal, value, quality }, index) => {
      this.#values.set(signal, quality === 'good' ? value : undefined)
      if (signal === 'alive' && value !== this.#lastBeat) {
        this.#lastBeat = value
        this.#beats.push(at)
      }
      if (samples[index + 1]?.at !== at) this.#see(device, at)
    })
    this.#see(device, completeTo)
  }

  #forget(devices: readonly string[], at: number): void {
    const before = this.#verdict()
    for (const device of devices) {
      this.#contacts.delete(device)
      for (const signal of signalsOf(device)) this.#values.delete(signal)
    }
    if (before?.reads.some((device) => devices.includes(device))) this.#note(at, null)
  }

  #see(device: string, at: number): void {
    this.#contacts.set(device, Math.max(at, this.#contacts.get(device) ?? at))
    const verdict = this.#verdict()
    if (!verdict) this.#note(at, null)
    else if (verdict.reads.includes(device))
      this.#note(this.#seenTo(verdict.reads), verdict.status, verdict.reads.includes(PLC))
  }

  /** The device that was in contact least recently counts. */
  #seenTo(devices: readonly string[]): number {
    return Math.min(...devices.map((device) => this.#contacts.get(device) ?? Number.POSITIVE_INFINITY))
  }

  #note(at: number, status: DerivedStatus | null, byPlc = false): void {
    if (at < (this.#sightings.at(-1)?.at ?? 0)) return
    const order = this.#values.has('order') ? (this.#values.get('order') as string) || null : undefined
    this.#sightings.push({ at, status, order, isDoubtful: false })
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
      while ((this.#beats[next] ?? Number.POSITIVE_INFINITY) <= sighting.at) next += 1
      const between = (this.#beats[next] ?? Number.POSITIVE_INFINITY) - (this.#beats[next - 1] ?? 0)
      return between > staleMs && this.#byPlc[index] ? { ...sighting, isDoubtful: true } : sighting
    })
  }
}

function signalsOf(device: string): readonly string[] {
  return device === PLC ? ['state', 'fault', 'order', 'alive'] : ['gate', 'power']
}
