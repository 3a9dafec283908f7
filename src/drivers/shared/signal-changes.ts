/** Remembers the last sample of each signal, so that only changes become samples. */
import type { Instant } from '../../domain/instant.ts'
import { interpret } from '../../domain/interpret.ts'
import type { Quality, Sample, SignalSpec, SignalValue } from '../../domain/signal.ts'

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
    if (spec === undefined) return undefined
    const { value, fault } = interpret(raw, spec)
    // What the map says of the value counts only where the device itself calls it good.
    return quality === 'good' && fault !== undefined
      ? this.#changed(index, spec.name, value, 'bad', at, fault)
      : this.#changed(index, spec.name, value, quality, at, detail)
  }

  #changed(
    index: number,
    signal: string,
    value: SignalValue,
    quality: Quality,
    at: Instant,
    detail: string | undefined,
  ): Sample | undefined {
    const last = this.#last[index]
    if (last === undefined) return undefined
    if (last.value === value && last.quality === quality && last.detail === detail) return undefined
    last.value = value
    last.quality = quality
    last.detail = detail
    const sample = { signal, value, quality, at }
    return detail === undefined ? sample : { ...sample, detail }
  }
}
