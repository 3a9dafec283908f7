/** Remembers the last sample of each signal, so that only changes become samples. */
import type { Instant } from '../../domain/instant.ts'
import { interpret } from '../../domain/interpret.ts'
import type { Quality, Sample, SignalSpec, SignalValue } from '../../domain/signal.ts'

interface LastSample {
  raw: SignalValue | undefined
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
    this.#last = signals.map(() => ({
      raw: undefined,
      value: undefined,
      quality: 'bad',
      detail: undefined,
    }))
  }

  /**
   * The sample of a raw value, or undefined when it is the same as the last one. `word` is the device's own word for the value.
   * A raw value that means what the last one meant has a sample as well: what an edited map would make of it is asked later.
   */
  observe(
    index: number,
    raw: SignalValue,
    quality: Quality,
    at: Instant,
    detail?: string,
    word?: string,
  ): Sample | undefined {
    const spec = this.#signals[index]
    const last = this.#last[index]
    if (spec === undefined || last === undefined) return undefined
    const { value, fault } = interpret(raw, spec, word)
    // What the map says of the value counts only where the device itself calls it good.
    const isMisfit = quality === 'good' && fault !== undefined
    const sample: Sample = { signal: spec.name, value, quality: isMisfit ? 'bad' : quality, at }
    return changed(last, sample, { raw, detail: isMisfit ? fault : detail, word })
  }
}

/** What comes with a value. */
interface Beside {
  readonly raw: SignalValue
  readonly detail: string | undefined
  readonly word: string | undefined
}

function changed(last: LastSample, sample: Sample, { raw, detail, word }: Beside): Sample | undefined {
  const { value, quality } = sample
  const meansTheSame = last.value === value && last.quality === quality && last.detail === detail
  if (meansTheSame && last.raw === raw) return undefined
  last.raw = raw
  last.value = value
  last.quality = quality
  last.detail = detail
  if (raw === value && detail === undefined && word === undefined && !meansTheSame) return sample
  return {
    ...sample,
    ...(detail !== undefined && { detail }),
    ...(raw !== value && { raw }),
    ...(word !== undefined && { word }),
    ...(meansTheSame && { meansTheSame }),
  }
}
