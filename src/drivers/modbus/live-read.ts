/** The values of one request on one link: decodes its answers, and finds what changed. */
import type { Instant } from '../../domain/instant.ts'
import type { Sample, SignalSpec, WordOrder } from '../../domain/signal.ts'
import type { SignalChanges } from '../shared/signal-changes.ts'
import { isBitArea, type ModbusAddress } from './address.ts'
import { decoderOf, unusable } from './decode.ts'
import type { Complaint } from './link.ts'
import type { Block, Cell } from './plan-reads.ts'

/** What all reads of one link share. */
export interface LinkValues {
  readonly changes: SignalChanges
  readonly signals: readonly SignalSpec<ModbusAddress>[]
  readonly wordOrder: WordOrder
}

/** Follows the values of one request over the polls of one link. */
export class LiveRead {
  readonly #block: Block
  /**
   * The bytes of each value within the answer, `to` excluded. Not kept with the cells: of the values mostly few have changed, and looking at
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
    this.#block = block
    this.#link = link
    const { area, start, cells } = block
    const spans = cells.map(({ address, size }): readonly [number, number] => {
      const offset = address.wire - start
      return isBitArea(area) ? [offset >> 3, (offset >> 3) + 1] : [offset * 2, (offset + size) * 2]
    })
    this.#from = Uint16Array.from(spans, ([from]) => from)
    this.#to = Uint16Array.from(spans, ([, to]) => to)
  }

  /** Adds to `samples` what an answer changed. */
  observe(bytes: Buffer, at: Instant, samples: Sample[]): void {
    const before = this.#last
    if (before?.equals(bytes)) return
    this.#last = bytes
    const { cells } = this.#block
    for (let nth = 0; nth < cells.length; nth++) {
      const isKnown = before && isSame(before, bytes, this.#from[nth] ?? 0, this.#to[nth] ?? 0)
      const cell = isKnown ? undefined : cells[nth]
      if (cell) this.#observeOne(cell, bytes, at, samples)
    }
  }

  #observeOne({ index, address }: Cell, bytes: Buffer, at: Instant, samples: Sample[]): void {
    const { changes, signals, wordOrder } = this.#link
    const type = signals[index]?.type ?? 'u16'
    const raw = decoderOf(address, type, wordOrder)(bytes, address.wire - this.#block.start)
    const fault = unusable(raw, type)
    const sample = fault
      ? changes.observe(index, null, 'bad', at, fault)
      : changes.observe(index, raw, 'good', at)
    if (sample) samples.push(sample)
  }

  /** Adds to `samples` that the values are bad now. */
  refuse(complaint: Complaint, at: Instant, samples: Sample[]): void {
    this.#last = undefined
    for (const { index, address } of this.#block.cells) {
      const sample = this.#link.changes.observe(index, null, 'bad', at, complaint(address))
      if (sample) samples.push(sample)
    }
  }
}

/** Most values do not change from one poll to the next, and comparing their bytes is cheaper than decoding them. */
function isSame(before: Buffer, after: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (before[at] !== after[at]) return false
  return true
}
