/** The values of one request on one link: decodes its answers, and finds what changed. */
import type { Instant } from '../../domain/instant.ts'
import type { Sample, SignalSpec, SignalType, SignalValue, WordOrder } from '../../domain/signal.ts'
import type { SignalChanges } from '../shared/signal-changes.ts'
import { isBitArea, type ModbusAddress } from './address.ts'
import { type Decode, decoderOf, unusable } from './decode.ts'
import type { Complaint } from './link.ts'
import type { Block } from './plan-reads.ts'

/** What all reads of one link share. */
export interface LinkValues {
  readonly changes: SignalChanges
  readonly signals: readonly SignalSpec<ModbusAddress>[]
  readonly wordOrder: WordOrder
}

interface LiveValue {
  readonly index: number
  readonly offset: number
  readonly type: SignalType
  readonly decode: Decode
  raw: SignalValue | undefined
}

/** Follows the values of one request over the polls of one link. */
export class LiveRead {
  readonly #values: readonly LiveValue[]
  /**
   * The bytes of each value within the answer, `to` excluded. Not kept with the values: of these mostly few have changed, and looking at
   * all of them, for all devices, takes longer than comparing their bytes.
   */
  readonly #from: Uint16Array
  readonly #to: Uint16Array
  readonly #link: LinkValues
  /** Whether the poll that is under way has asked for it, and what was answered. */
  isAsked = false
  answer: Buffer | undefined
  /** The answer that was observed last. */
  #last: Buffer | undefined

  constructor(block: Block, link: LinkValues) {
    this.#link = link
    const { area, start, cells } = block
    const spans = cells.map(({ address, size }): readonly [number, number] => {
      const offset = address.wire - start
      return isBitArea(area) ? [offset >> 3, (offset >> 3) + 1] : [offset * 2, (offset + size) * 2]
    })
    this.#values = cells.map(({ index, address }) => {
      const type = link.signals[index]?.type ?? 'u16'
      const decode = decoderOf(address, type, link.wordOrder)
      return { index, offset: address.wire - start, type, decode, raw: undefined }
    })
    this.#from = Uint16Array.from(spans, ([from]) => from)
    this.#to = Uint16Array.from(spans, ([, to]) => to)
  }

  /** Adds to `samples` what an answer changed. */
  observe(bytes: Buffer, at: Instant, samples: Sample[]): void {
    const before = this.#last
    if (before?.equals(bytes)) return
    this.#last = bytes
    for (let nth = 0; nth < this.#values.length; nth++) {
      const isKnown = before && isSame(before, bytes, this.#from[nth] ?? 0, this.#to[nth] ?? 0)
      const value = isKnown ? undefined : this.#values[nth]
      if (value) this.#observeOne(value, bytes, at, samples)
    }
  }

  #observeOne(value: LiveValue, bytes: Buffer, at: Instant, samples: Sample[]): void {
    const raw = value.decode(bytes, value.offset)
    if (raw === value.raw) return
    value.raw = raw
    const fault = unusable(raw, value.type)
    const { changes } = this.#link
    const sample = fault
      ? changes.observe(value.index, null, 'bad', at, fault)
      : changes.observe(value.index, raw, 'good', at)
    if (sample) samples.push(sample)
  }

  /** Adds to `samples` that the values are bad now. */
  refuse(complaint: Complaint, at: Instant, samples: Sample[]): void {
    this.#last = undefined
    for (const value of this.#values) {
      value.raw = undefined
      const address = this.#link.signals[value.index]?.address
      const detail = address && complaint(address)
      const sample = this.#link.changes.observe(value.index, null, 'bad', at, detail)
      if (sample) samples.push(sample)
    }
  }
}

/** Most values do not change from one poll to the next, and comparing their bytes is cheaper than decoding them. */
function isSame(before: Buffer, after: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (before[at] !== after[at]) return false
  return true
}
