/** Turns the data values of one link into samples, in time order. */
import type { DataValue } from 'node-opcua-client'
import type { Instant } from '../../domain/instant.ts'
import type { Quality, Sample, SignalSpec, SignalValue } from '../../domain/signal.ts'
import { SignalChanges } from '../shared/signal-changes.ts'
import type { OpcUaAddress } from './address.ts'
import type { ServerNodes } from './nodes.ts'
import { decodeDataValue } from './values/decode.ts'

/** What a node said, before the map made a value of it. */
export interface Said {
  readonly raw: SignalValue
  readonly quality: Quality
}

/** One for each link: it remembers the last sample of each signal. */
export class Intake {
  readonly #signals: readonly SignalSpec<OpcUaAddress>[]
  readonly #nodes: Pick<ServerNodes, 'meant'>
  readonly #changes: SignalChanges
  /** What came last, by the position of the signal. The library's values are not kept: each is a dozen objects. */
  readonly #said: readonly { raw: SignalValue; quality: Quality }[]

  constructor(signals: readonly SignalSpec<OpcUaAddress>[], nodes: Pick<ServerNodes, 'meant'>) {
    this.#signals = signals
    this.#nodes = nodes
    this.#changes = new SignalChanges(signals)
    this.#said = signals.map(() => ({ raw: null, quality: 'bad' }))
  }

  /**
   * For each value, the position of its signal in the device's list, and what else is known of it. `timeOf` says when it came to
   * be.
   */
  take(
    values: Iterable<readonly [index: number, value: DataValue, known?: string | undefined]>,
    timeOf: (index: number, value: DataValue) => Instant,
  ): Sample[] {
    const samples: Sample[] = []
    for (const [index, value, known] of values) {
      const [signal, said] = [this.#signals[index], this.#said[index]]
      if (!signal || !said) continue
      const { raw, quality, detail, word } = decodeDataValue(
        value,
        signal.address,
        this.#nodes.meant(signal.address),
      )
      said.raw = raw
      said.quality = quality
      const says = detail ?? known ?? (word === undefined ? undefined : `the server calls it ${word}`)
      const sample = this.#changes.observe(index, raw, quality, timeOf(index, value), says, word)
      if (sample) samples.push(sample)
    }
    return samples.sort((one, other) => one.at.monoMs - other.at.monoMs)
  }

  /** What came last for a signal; bad and null where nothing did. */
  said(index: number): Said {
    const { raw, quality } = this.#said[index] ?? { raw: null, quality: 'bad' }
    return { raw, quality }
  }

  /** A signal that has no value, and why. */
  refuse(index: number, detail: string, at: Instant): Sample | undefined {
    return this.#changes.observe(index, null, 'bad', at, detail)
  }
}
