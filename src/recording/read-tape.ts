/** Reads what {@link TapeWriter} wrote: the same inputs, in the same order, with the same moments. */
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { machineOwner } from '../domain/owner.ts'
import type { Quality, Sample, SignalValue } from '../domain/signal.ts'
import type { Input } from '../status/derive.ts'
import { type TapeValues, tapeValues } from './tape-bytes.ts'
import { TapeClock } from './tape-clock.ts'
import {
  AGAIN,
  BAD,
  CONTACT,
  HAS_DETAIL,
  HAS_MOMENT,
  HAS_RAW,
  HAS_WORD,
  MEANS_THE_SAME,
  OBJECT,
  OVER,
  READING,
  REPEATED,
  RETIRED,
  type RepeatedInput,
  STOPPED,
  UNCERTAIN,
} from './tape-codes.ts'

/** What stands on a tape: something that moved the machine, or how the segment ended. */
export type TapeEntry =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'retired' | 'over' }
  | { readonly kind: 'stopped'; readonly at: Instant }

const NO_VALUES = tapeValues(new Uint8Array())

/** Reads one segment from its beginning. */
export class TapeReader {
  readonly #map: MachineMap
  readonly #clock: TapeClock
  readonly #last: Partial<Record<string, RepeatedInput>> = {}
  #values: TapeValues = NO_VALUES

  constructor(map: MachineMap, began: Instant) {
    this.#map = map
    this.#clock = new TapeClock(began)
  }

  /** The entries of the next chunk of the segment. */
  *read(bytes: Uint8Array): Generator<TapeEntry> {
    const values = tapeValues(bytes)
    this.#values = values
    while (!values.isOver) yield this.#entry()
  }

  #entry(): TapeEntry {
    const code = this.#next()
    switch (code) {
      case CONTACT:
      case READING:
        return { kind: 'input', input: this.#reading(code === READING) }
      case OBJECT:
        return { kind: 'input', input: this.#object() }
      case AGAIN:
        return { kind: 'input', input: this.#again() }
      case RETIRED:
        return { kind: 'retired' }
      case OVER:
        return { kind: 'over' }
      case STOPPED:
        return { kind: 'stopped', at: this.#written() }
      default:
        throw new Error(`a recording has an entry of the unknown kind ${String(code)}`)
    }
  }

  #reading(hasMore: boolean): Input {
    const device = this.#map.devices[this.#number()]
    if (!device) throw new Error('a recording names a device that its map does not have')
    const at = this.#moment()
    const completeTo = hasMore ? this.#momentBeside() : at
    const count = hasMore ? this.#number() : 0
    const samples: Sample[] = []
    for (let nth = 0; nth < count; nth++) samples.push(this.#sample(device.signals[this.#number()]?.name, at))
    const { id, subject } = device
    return { kind: 'reading', device: id, subject, reading: { at, completeTo, samples } }
  }

  #sample(signal: string | undefined, readAt: Instant): Sample {
    if (signal === undefined) throw new Error('a recording names a signal that its map does not have')
    const flags = this.#number()
    const quality: Quality = flags & BAD ? 'bad' : flags & UNCERTAIN ? 'uncertain' : 'good'
    const value = this.#next() as SignalValue
    const raw = flags & HAS_RAW ? { raw: this.#next() as SignalValue } : {}
    const detail = flags & HAS_DETAIL ? { detail: this.#next() as string } : {}
    const word = flags & HAS_WORD ? { word: this.#next() as string } : {}
    const same = flags & MEANS_THE_SAME ? { meansTheSame: true as const } : {}
    const at = flags & HAS_MOMENT ? this.#momentBeside() : readAt
    return { signal, value, quality, at, ...raw, ...detail, ...word, ...same }
  }

  #object(): Input {
    const input = this.#next() as Input
    if (input.kind === 'service' || input.kind === 'mes-status') this.#last[input.kind] = input
    return input
  }

  #again(): Input {
    const kind = REPEATED[this.#number()]
    const before = kind && this.#last[kind]
    if (!before) throw new Error('a recording repeats what was never said')
    return { ...before, subject: machineOwner(this.#map.machine), at: this.#moment() }
  }

  /** Differences of the next entries are counted from it. */
  #moment(): Instant {
    const us = this.#clock.us + this.#number()
    this.#clock.moveTo(us)
    return this.#clock.instantOf(us, this.#number())
  }

  #written(): Instant {
    const monoMs = this.#number()
    return { boot: this.#clock.boot, monoMs, wallMs: this.#number() }
  }

  #momentBeside(): Instant {
    const us = this.#clock.us + this.#number()
    return this.#clock.instantOf(us, this.#number())
  }

  #number(): number {
    return this.#next() as number
  }

  #next(): unknown {
    return this.#values.next()
  }
}
