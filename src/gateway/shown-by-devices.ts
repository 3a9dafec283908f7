/** What the devices of a machine show that are in contact, for a recording that begins in the middle of it. */
import type { DeviceMessage } from '../domain/device.ts'
import type { Sample } from '../domain/signal.ts'
import type { ShownDevice } from '../recording/segment.ts'

/** The newest sample of each signal, whether or not any rule reads it. What a lost device showed is forgotten. */
export class ShownByDevices {
  readonly #devices = new Map<string, Map<string, NewestSample>>()

  take(message: DeviceMessage): void {
    if (message.kind === 'link') this.#devices.delete(message.device)
    else if (message.reading.samples.length > 0) this.#note(message.device, message.reading.samples)
  }

  get devices(): readonly ShownDevice[] {
    return [...this.#devices].map(([device, signals]) => ({
      device,
      samples: [...signals].map(([signal, newest]) => asSample(signal, newest)),
    }))
  }

  #note(device: string, samples: readonly Sample[]): void {
    const signals = this.#devices.get(device) ?? new Map<string, NewestSample>()
    this.#devices.set(device, signals)
    for (const sample of samples) {
      const newest = signals.get(sample.signal)
      if (newest) writeOver(newest, sample)
      else signals.set(sample.signal, newestOf(sample))
    }
  }
}

/**
 * Written over by each sample: a sample that is kept until the next one comes has outlived the collector's young generation by then.
 * Whether it meant the same as the one before it says nothing where a recording begins.
 */
interface NewestSample {
  value: Sample['value']
  quality: Sample['quality']
  at: Sample['at']
  detail: Sample['detail'] | undefined
  raw: Sample['raw'] | undefined
  word: Sample['word'] | undefined
}

function newestOf({ value, quality, at, detail, raw, word }: Sample): NewestSample {
  return { value, quality, at, detail, raw, word }
}

function writeOver(newest: NewestSample, { value, quality, at, detail, raw, word }: Sample): void {
  newest.value = value
  newest.quality = quality
  newest.at = at
  newest.detail = detail
  newest.raw = raw
  newest.word = word
}

function asSample(signal: string, { value, quality, at, detail, raw, word }: NewestSample): Sample {
  return {
    ...{ signal, value, quality, at },
    ...(detail !== undefined && { detail }),
    ...(raw !== undefined && { raw }),
    ...(word !== undefined && { word }),
  }
}
