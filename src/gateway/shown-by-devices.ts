/** What the devices of a machine show that are in contact, for a recording that begins in the middle of it. */
import type { Device, DeviceMessage } from '../domain/device.ts'
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Reading, Sample, SignalSpec } from '../domain/signal.ts'
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
    else device?.note(message.reading)
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
  /** When the device was last read. */
  #at: Instant | undefined

  constructor({ signals }: Pick<Device, 'signals'>) {
    this.#signals = signals
    this.#positions = positionsOf(signals)
    this.#newest = signals.map(() => undefined)
  }

  note({ at, samples }: Reading): void {
    this.#at = at
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

  /** All of the moment at which the device was last read: until then they have shown this. */
  get samples(): readonly Sample[] {
    const at = this.#at
    if (!at) return []
    return this.#signals.flatMap(({ name }, position) => {
      const newest = this.#newest[position]
      return newest ? [asSample(name, at, newest)] : []
    })
  }
}

/**
 * Written over by each sample: a sample that is kept until the next one comes has outlived the collector's young generation by then. So
 * has its moment. Whether it meant the same as the one before it says nothing where a recording begins.
 */
interface NewestSample {
  value: Sample['value']
  quality: Sample['quality']
  detail: Sample['detail'] | undefined
  raw: Sample['raw'] | undefined
  word: Sample['word'] | undefined
}

function newestOf({ value, quality, detail, raw, word }: Sample): NewestSample {
  return { value, quality, detail, raw, word }
}

function writeOver(newest: NewestSample, { value, quality, detail, raw, word }: Sample): void {
  newest.value = value
  newest.quality = quality
  newest.detail = detail
  newest.raw = raw
  newest.word = word
}

function asSample(signal: string, at: Instant, { value, quality, detail, raw, word }: NewestSample): Sample {
  return {
    ...{ signal, value, quality, at },
    ...(detail !== undefined && { detail }),
    ...(raw !== undefined && { raw }),
    ...(word !== undefined && { word }),
  }
}
