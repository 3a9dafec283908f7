/** Which signals of one device are not good, for as long as it is connected; whether or not any rule reads them. */
import type { Device } from '../domain/device.ts'
import type { SignalHealth } from '../domain/health.ts'
import { detailOf, type Sample } from '../domain/signal.ts'

/** Keeps them for one device, from the start of its collector on. */
export class SignalRecord {
  readonly #device: string
  readonly #count: number
  readonly #bad = new Map<string, SignalHealth>()

  constructor({ id, signals }: Pick<Device, 'id' | 'signals'>) {
    this.#device = id
    this.#count = signals.length
  }

  /** A signal that stays not good, for whatever reason and over a reconnect too, has been so since the first sample. */
  take(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const { signal, quality, at } = sample
      if (quality === 'good') {
        this.#bad.delete(signal)
        continue
      }
      const sinceMs = this.#bad.get(signal)?.sinceMs ?? at.wallMs
      this.#bad.set(signal, { signal, device: this.#device, quality, detail: detailOf(sample), sinceMs })
    }
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
