/** Turns the data values of one link into samples, in time order. */
import type { DataValue } from 'node-opcua-client'
import type { Instant } from '../../domain/instant.ts'
import type { Sample, SignalSpec } from '../../domain/signal.ts'
import { SignalChanges } from '../shared/signal-changes.ts'
import type { OpcUaAddress } from './address.ts'
import { decodeDataValue } from './decode.ts'

/** One for each link: it remembers the last sample of each signal. */
export class Intake {
  readonly #signals: readonly SignalSpec<OpcUaAddress>[]
  readonly #changes: SignalChanges

  constructor(signals: readonly SignalSpec<OpcUaAddress>[]) {
    this.#signals = signals
    this.#changes = new SignalChanges(signals)
  }

  /** For each value, the position of its signal in the device's list. `timeOf` says when it came to be. */
  take(
    values: Iterable<readonly [index: number, value: DataValue]>,
    timeOf: (index: number, value: DataValue) => Instant,
  ): Sample[] {
    const samples: Sample[] = []
    for (const [index, value] of values) {
      const signal = this.#signals[index]
      if (!signal) continue
      const { raw, quality, detail } = decodeDataValue(value, signal.address)
      const sample = this.#changes.observe(index, raw, quality, timeOf(index, value), detail)
      if (sample) samples.push(sample)
    }
    return samples.sort((one, other) => one.at.monoMs - other.at.monoMs)
  }

  /** A signal that has no value, and why. */
  refuse(index: number, detail: string, at: Instant): Sample | undefined {
    return this.#changes.observe(index, null, 'bad', at, detail)
  }
}
