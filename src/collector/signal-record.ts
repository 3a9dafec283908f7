/** What the signals of one device show, and which of them are not good, whether or not any rule reads them. */
import type { Device } from '../domain/device.ts'
import type { SignalHealth } from '../domain/health.ts'
import { detailOf, type Quality, rawOf, type Sample, type SignalValue } from '../domain/signal.ts'
import { positionsOf } from '../domain/signal-positions.ts'

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

/**
 * Written over by each sample: a sample that is kept until the next one comes has outlived the collector's young generation by then. So
 * has its moment, which is why a number is kept in place of that.
 */
type KeptSignal = { -readonly [Field in keyof ShownSignal]: ShownSignal[Field] }

/** Keeps them for one device, from the start of its collector on. */
export class SignalRecord {
  readonly #device: string
  readonly #count: number
  readonly #bad = new Map<string, SignalHealth>()
  readonly #positions: ReadonlyMap<string, number>
  /** Undefined where nothing has been read yet. */
  readonly #shown: (KeptSignal | undefined)[]

  constructor({ id, signals }: Pick<Device, 'id' | 'signals'>) {
    this.#device = id
    this.#count = signals.length
    this.#positions = positionsOf(signals)
    this.#shown = signals.map(() => undefined)
  }

  /**
   * A signal that stays not good, for whatever reason and over a reconnect too, has been so since the first sample.
   * @returns how many of these samples are not good
   */
  take(samples: readonly Sample[]): number {
    let badValues = 0
    for (const sample of samples) {
      const { signal, quality, at } = sample
      this.#show(sample)
      if (quality === 'good') {
        if (this.#bad.size > 0) this.#bad.delete(signal)
        continue
      }
      badValues += 1
      const sinceMs = this.#bad.get(signal)?.sinceMs ?? at.wallMs
      this.#bad.set(signal, { signal, device: this.#device, quality, detail: detailOf(sample), sinceMs })
    }
    return badValues
  }

  /** What a signal shows; undefined where it has not been read yet. It goes on changing. */
  shown(signal: string): ShownSignal | undefined {
    const position = this.#positions.get(signal)
    return position === undefined ? undefined : this.#shown[position]
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

  #show(sample: Sample): void {
    const position = this.#positions.get(sample.signal)
    if (position === undefined) return
    const shown = this.#shown[position]
    if (shown) showNow(shown, sample)
    else this.#shown[position] = firstShown(sample)
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
