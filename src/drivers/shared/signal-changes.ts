/** Remembers what was last told of each signal, so that only changes are told. */
import type { Instant } from '../../domain/instant.ts'
import {
  interpret,
  type Quality,
  type Sample,
  type SignalSpec,
  type SignalValue,
} from '../../domain/signal.ts'

interface Told {
  value: SignalValue | undefined
  quality: Quality
  detail: string | undefined
}

export class SignalChanges {
  readonly #signals: readonly SignalSpec[]
  readonly #told: readonly Told[]

  constructor(signals: readonly SignalSpec[]) {
    this.#signals = signals
    this.#told = signals.map(() => ({ value: undefined, quality: 'bad', detail: undefined }))
  }

  /** The sample to tell of a raw value, or undefined when it is what was told last. */
  observe(
    index: number,
    raw: SignalValue,
    quality: Quality,
    at: Instant,
    detail?: string,
  ): Sample | undefined {
    const spec = this.#signals[index]
    const told = this.#told[index]
    if (spec === undefined || told === undefined) return undefined
    const value = interpret(raw, spec)
    if (told.value === value && told.quality === quality && told.detail === detail) return undefined
    told.value = value
    told.quality = quality
    told.detail = detail
    const sample = { signal: spec.name, value, quality, at }
    return detail === undefined ? sample : { ...sample, detail }
  }
}
