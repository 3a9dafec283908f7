/** What the signals of one device show, and which of them are not good, whether or not any rule reads them. */
import type { Device } from '../domain/device.ts'
import type { SignalHealth } from '../domain/health.ts'
import { detailOf, type Quality, rawOf, type Sample, type SignalValue } from '../domain/signal.ts'

/** What a signal showed last. */
export interface ShownSignal {
  readonly value: SignalValue
  /** What the device gave, before the map made a value of it. */
  readonly raw: SignalValue
  readonly quality: Quality
  readonly detail: string | undefined
  /** Since when it has shown this, ms since 1970. */
  readonly sinceMs: number
}

/** Written over by each sample: a sample that is kept until the next one comes has outlived the collector's young generation by then. */
type KeptSignal = { -readonly [Field in keyof ShownSignal]: ShownSignal[Field] }

/** Keeps them for one device, from the start of its collector on. */
export class SignalRecord {
  readonly #device: string
  readonly #count: number
  readonly #bad = new Map<string, SignalHealth>()
  readonly #shown = new Map<string, KeptSignal>()

  constructor({ id, signals }: Pick<Device, 'id' | 'signals'>) {
    this.#device = id
    this.#count = signals.length
  }

  /** A signal that stays not good, for whatever reason and over a reconnect too, has been so since the first sample. */
  take(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const { signal, quality, at } = sample
      const shown = this.#shown.get(signal)
      if (shown) showNow(shown, sample)
      else this.#shown.set(signal, firstShown(sample))
      if (quality === 'good') {
        if (this.#bad.size > 0) this.#bad.delete(signal)
        continue
      }
      const sinceMs = this.#bad.get(signal)?.sinceMs ?? at.wallMs
      this.#bad.set(signal, { signal, device: this.#device, quality, detail: detailOf(sample), sinceMs })
    }
  }

  /** By the names of the signals; what has not been read yet is not in it. */
  get shown(): ReadonlyMap<string, ShownSignal> {
    return this.#shown
  }

  /** Those that are not good. */
  get signals(): readonly SignalHealth[] {
    return [...this.#bad.values()]
  }

  /** Set where none of its signals is good: the device answers, and nothing can be learnt from it. */
  get allBad():
    | { readonly count: number; readonly first: SignalHealth; readonly sinceMs: number }
    | undefined {
    const [first] = this.#bad.values()
    if (!first || this.#bad.size < this.#count) return undefined
    const sinceMs = this.signals.reduce((latest, signal) => Math.max(latest, signal.sinceMs), 0)
    return { count: this.#count, first, sinceMs }
  }
}

function firstShown(sample: Sample): KeptSignal {
  const { value, quality, detail, at } = sample
  return { value, raw: rawOf(sample), quality, detail, sinceMs: at.wallMs }
}

/** Drivers may bring a value again that has not changed. */
function showNow(shown: KeptSignal, sample: Sample): void {
  const { value, quality, at } = sample
  const raw = rawOf(sample)
  const isSame = shown.value === value && shown.quality === quality && shown.raw === raw
  if (!isSame) shown.sinceMs = at.wallMs
  shown.value = value
  shown.raw = raw
  shown.quality = quality
  shown.detail = sample.detail
}
