/** Remembers what was last told of each signal, so that only changes are told. */
import type { Instant } from '../domain/instant.ts'
import { interpret, type Quality, type Sample, type SignalSpec, type SignalValue } from '../domain/signal.ts'

interface Told {
  readonly value: SignalValue
  readonly quality: Quality
  readonly detail: string | undefined
}

export class SignalChanges {
  readonly #signals: readonly SignalSpec[]
  readonly #told: (Told | undefined)[]

  constructor(signals: readonly SignalSpec[]) {
    this.#signals = signals
    this.#told = signals.map(() => undefined)
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
    if (spec === undefined) return undefined
    const value = interpret(raw, spec)
    const told = this.#told[index]
    if (told && Object.is(told.value, value) && told.quality === quality && told.detail === detail)
      return undefined
    this.#told[index] = { value, quality, detail }
    return { signal: spec.name, value, quality, at, ...(detail === undefined ? {} : { detail }) }
  }
}
