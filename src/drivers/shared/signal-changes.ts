/** Remembers the last sample of each signal, so that only changes become samples. */
import type { Instant } from '../../domain/instant.ts'
import {
  interpret,
  type Quality,
  type Sample,
  type SignalSpec,
  type SignalValue,
} from '../../domain/signal.ts'

interface LastSample {
  value: SignalValue | undefined
  quality: Quality
  detail: string | undefined
}

/** One for each link: after a reconnect every signal has a sample again. */
export class SignalChanges {
  readonly #signals: readonly SignalSpec[]
  readonly #last: readonly LastSample[]

  constructor(signals: readonly SignalSpec[]) {
    this.#signals = signals
    this.#last = signals.map(() => ({ value: undefined, quality: 'bad', detail: undefined }))
  }

  /** The sample of a raw value, or undefined when it is the same as the last one. */
  observe(
    index: number,
    raw: SignalValue,
    quality: Quality,
    at: Instant,
    detail?: string,
  ): Sample | undefined {
    const spec = this.#signals[index]
    const last = this.#last[index]
    if (spec === undefined || last === undefined) return undefined
    const value = interpret(raw, spec)
    if (last.value === value && last.quality === quality && last.detail === detail) return undefined
    last.value = value
    last.quality = quality
    last.detail = detail
    const sample = { signal: spec.name, value, quality, at }
    return detail === undefined ? sample : { ...sample, detail }
  }
}
