/** Turns the data values of one link into samples, in time order. */
import type { DataValue } from 'node-opcua-client'
import type { Instant } from '../../domain/instant.ts'
import type { Sample, SignalSpec } from '../../domain/signal.ts'
import { SignalChanges } from '../shared/signal-changes.ts'
import { decodeDataValue } from './decode.ts'
import { SourceTime } from './source-time.ts'

/** One for each link: it remembers the last sample of each signal. */
export class Intake {
  readonly #changes: SignalChanges
  readonly #times: SourceTime

  constructor(signals: readonly SignalSpec[], connectedAt: Instant) {
    this.#changes = new SignalChanges(signals)
    this.#times = new SourceTime(connectedAt)
  }

  /** What one message brought: for each value, the position of its signal in the device's list. */
  take(values: Iterable<readonly [index: number, value: DataValue]>, receivedAt: Instant): Sample[] {
    const samples: Sample[] = []
    for (const [index, value] of values) {
      const { raw, quality, detail } = decodeDataValue(value)
      const at = this.#times.of(index, value.sourceTimestamp, receivedAt)
      const sample = this.#changes.observe(index, raw, quality, at, detail)
      if (sample) samples.push(sample)
    }
    this.#times.contact(receivedAt)
    return samples.sort((one, other) => one.at.monoMs - other.at.monoMs)
  }

  /** A signal that has no value, and why. */
  refuse(index: number, detail: string, at: Instant): Sample | undefined {
    return this.#changes.observe(index, null, 'bad', at, detail)
  }
}
