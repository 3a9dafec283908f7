/** Where the values of a request lie in its answer, and how each of them is read. */
import type { SignalSpec, SignalType, WordOrder } from '../../domain/signal.ts'
import { isBitArea, type ModbusAddress } from './address.ts'
import { type Decode, decoderOf } from './decode.ts'
import type { Block, Cell } from './plan-reads.ts'

/** How the values of a device are written. */
export interface ValueForms {
  readonly signals: readonly SignalSpec<ModbusAddress>[]
  readonly wordOrder: WordOrder
}

/** One value of an answer. */
interface LaidOutValue {
  /** Its signal's position in the device's list. */
  readonly index: number
  readonly address: ModbusAddress
  readonly type: SignalType
  readonly decode: Decode
  /** Registers, or bits, from the beginning of the answer. */
  readonly offset: number
}

/** Of the values mostly few have changed: comparing their bytes is cheaper than decoding them, and their bytes are kept side by side. */
export class AnswerLayout {
  readonly values: readonly LaidOutValue[]
  /** The bytes of each value within the answer, `to` excluded. */
  readonly #from: Uint16Array
  readonly #to: Uint16Array

  constructor(block: Block, forms: ValueForms) {
    this.values = block.cells.map((cell) => laidOut(cell, block, forms))
    const spans = block.cells.map((cell) => bytesOf(cell, block))
    this.#from = Uint16Array.from(spans, ([from]) => from)
    this.#to = Uint16Array.from(spans, ([, to]) => to)
  }

  /** Whether two answers show the same value. */
  isSame(nth: number, before: Buffer, after: Buffer): boolean {
    const to = this.#to[nth] ?? 0
    for (let at = this.#from[nth] ?? 0; at < to; at++) if (before[at] !== after[at]) return false
    return true
  }
}

const known = new WeakMap<Block, AnswerLayout>()

/** Made once for each block: devices that share it write their values in one form. */
export function layoutOf(block: Block, forms: ValueForms): AnswerLayout {
  const layout = known.get(block) ?? new AnswerLayout(block, forms)
  known.set(block, layout)
  return layout
}

function laidOut({ index, address }: Cell, { start }: Block, { signals, wordOrder }: ValueForms) {
  const type = signals[index]?.type ?? 'u16'
  return { index, address, type, decode: decoderOf(address, type, wordOrder), offset: address.wire - start }
}

function bytesOf({ address, size }: Cell, { area, start }: Block): readonly [from: number, to: number] {
  const offset = address.wire - start
  return isBitArea(area) ? [offset >> 3, (offset >> 3) + 1] : [offset * 2, (offset + size) * 2]
}
