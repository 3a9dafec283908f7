/** What the devices of a machine show that are in contact, for a recording that begins in the middle of it. */
import type { Device, DeviceMessage } from '../domain/device.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Sample, SignalSpec } from '../domain/signal.ts'
import { positionsOf } from '../domain/signal-positions.ts'
import type { ShownDevice } from '../recording/segment.ts'

/** The newest sample of each signal, whether or not any rule reads it. What a lost device showed is forgotten. */
export class ShownByDevices {
  readonly #devices: ReadonlyMap<string, ShownByDevice>

  constructor({ devices }: Pick<MachineMap, 'devices'>) {
    this.#devices = new Map(devices.map((device) => [device.id, new ShownByDevice(device)]))
  }

  take(message: DeviceMessage): void {
    const device = this.#devices.get(message.device)
    if (message.kind === 'link') device?.forget()
    else if (message.reading.samples.length > 0) device?.note(message.reading.samples)
  }

  get devices(): readonly ShownDevice[] {
    return [...this.#devices].flatMap(([device, shown]) => {
      const { samples } = shown
      return samples.length > 0 ? [{ device, samples }] : []
    })
  }
}

class ShownByDevice {
  readonly #signals: readonly Pick<SignalSpec, 'name'>[]
  readonly #positions: ReadonlyMap<string, number>
  /** By the signals' positions. */
  #newest: (NewestSample | undefined)[]

  constructor({ signals }: Pick<Device, 'signals'>) {
    this.#signals = signals
    this.#positions = positionsOf(signals)
    this.#newest = signals.map(() => undefined)
  }

  note(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const position = this.#positions.get(sample.signal)
      if (position === undefined) continue
      const newest = this.#newest[position]
      if (newest) writeOver(newest, sample)
      else this.#newest[position] = newestOf(sample)
    }
  }

  forget(): void {
    this.#newest = this.#signals.map(() => undefined)
  }

  get samples(): readonly Sample[] {
    return this.#signals.flatMap(({ name }, position) => {
      const newest = this.#newest[position]
      return newest ? [asSample(name, newest)] : []
    })
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
