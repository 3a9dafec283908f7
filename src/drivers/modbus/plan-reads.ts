/**
 * Groups signals into the fewest read requests. Neighbours and overlaps share one, and so do values with a small gap
 * between them. Some devices refuse a request that covers addresses which they do not have: it is then divided.
 * A value of several registers is never split over two requests: its halves would be from different moments.
 */
import type { SignalSpec } from '../../domain/signal.ts'
import { type Area, isBitArea, type ModbusAddress, sizeOf } from './address.ts'

/** What one signal occupies. `index` is its position in the device's list of signals. */
export interface Cell {
  readonly index: number
  readonly address: ModbusAddress
  /** Registers, or bits of a bit area. */
  readonly size: number
}

/** One request: `count` registers or bits from `start` on. Its cells are sorted by address. */
export interface Block {
  readonly area: Area
  readonly start: number
  readonly count: number
  readonly cells: readonly Cell[]
  /** Whether it also reads addresses that belong to no signal. */
  readonly hasGaps: boolean
}

/** Limits of the protocol: the answer to one request carries at most 250 bytes. */
const REGISTERS_MAX = 125
const BITS_MAX = 2_000
/** Reading 16 registers too many costs less than another request. */
const GAP_REGISTERS_MAX = 16
const GAP_BITS_MAX = 256

/** What each signal of a device occupies. */
export function cellsOf(signals: readonly SignalSpec<ModbusAddress>[]): Cell[] {
  return signals.map(({ address, type }, index) => ({ index, address, size: sizeOf(address, type ?? 'u16') }))
}

/** With `bridge`, small gaps between signals are read as well, to save requests. */
export function planReads(cells: readonly Cell[], options: { readonly bridge: boolean }): Block[] {
  const blocks: Block[] = []
  for (const cell of [...cells].sort(byAddress)) {
    const last = blocks.at(-1)
    const joined = last && join(last, cell, options.bridge)
    if (joined) blocks[blocks.length - 1] = joined
    else blocks.push(blockOf(cell))
  }
  return blocks
}

/** The smaller requests to try when a device refuses a block: without its gaps, else its halves. Undefined for one address. */
export function divide(block: Block): Block[] | undefined {
  if (block.hasGaps) return planReads(block.cells, { bridge: false })
  const wires = [...new Set(block.cells.map((cell) => cell.address.wire))]
  const middle = wires[Math.floor(wires.length / 2)]
  if (wires.length < 2 || middle === undefined) return undefined
  const isLow = (cell: Cell) => cell.address.wire < middle
  return [
    ...planReads(block.cells.filter(isLow), { bridge: false }),
    ...planReads(
      block.cells.filter((cell) => !isLow(cell)),
      { bridge: false },
    ),
  ]
}

function byAddress(one: Cell, other: Cell): number {
  const [a, b] = [one.address, other.address]
  return a.area === b.area ? a.wire - b.wire : a.area < b.area ? -1 : 1
}

function blockOf(cell: Cell): Block {
  const { area, wire } = cell.address
  return { area, start: wire, count: cell.size, cells: [cell], hasGaps: false }
}

function join(block: Block, cell: Cell, bridge: boolean): Block | undefined {
  const { area, wire } = cell.address
  const gap = wire - (block.start + block.count)
  const count = Math.max(block.count, wire + cell.size - block.start)
  const [countMax, gapMax] = isBitArea(area) ? [BITS_MAX, GAP_BITS_MAX] : [REGISTERS_MAX, GAP_REGISTERS_MAX]
  if (area !== block.area || count > countMax || gap > (bridge ? gapMax : 0)) return undefined
  return { ...block, count, cells: [...block.cells, cell], hasGaps: block.hasGaps || gap > 0 }
}
