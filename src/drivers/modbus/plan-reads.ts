/**
 * Groups signals into the fewest read requests. Neighbours and overlaps share one, and so do values with a small gap
 * between them, where the map allows it. Some devices refuse a request that is too long for them, or that covers addresses
 * which they do not have: it is then divided.
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

/** What one request may ask for. */
export interface ReadLimits {
  readonly maxRegisters: number
  readonly maxBits: number
  /** Up to so many registers between two signals are read along, and 16 times as many bits of a bit area. */
  readonly gap: number
}

const BITS_PER_REGISTER = 16

/** What each signal of a device occupies. */
export function cellsOf(signals: readonly SignalSpec<ModbusAddress>[]): Cell[] {
  return signals.map(({ address, type }, index) => ({ index, address, size: sizeOf(address, type ?? 'u16') }))
}

/** The requests that read all cells. A value that is longer than the limits gets a request of its own. */
export function planReads(cells: readonly Cell[], limits: ReadLimits): Block[] {
  const blocks: Block[] = []
  for (const cell of [...cells].sort(byAddress)) {
    const last = blocks.at(-1)
    const joined = last && join(last, cell, limits)
    if (joined) blocks[blocks.length - 1] = joined
    else blocks.push(blockOf(cell))
  }
  return blocks
}

/** The smaller requests to try when a device refuses a block: without its gaps, else its halves. Undefined for one address. */
export function divide(block: Block): Block[] | undefined {
  if (block.hasGaps) return planReads(block.cells, WITHIN_BLOCK)
  const wires = wiresOf(block)
  const middle = wires[Math.floor(wires.length / 2)]
  if (wires.length < 2 || middle === undefined) return undefined
  const isLow = (cell: Cell) => cell.address.wire < middle
  return [
    ...planReads(block.cells.filter(isLow), WITHIN_BLOCK),
    ...planReads(
      block.cells.filter((cell) => !isLow(cell)),
      WITHIN_BLOCK,
    ),
  ]
}

/** Whether all that one block reads is read by the other. */
export function isWithin(part: Block, whole: Block): boolean {
  return (
    part.area === whole.area &&
    part.start >= whole.start &&
    part.start + part.count <= whole.start + whole.count
  )
}

/** The different addresses at which values of a block begin, in order. */
export function wiresOf({ cells }: Block): number[] {
  return [...new Set(cells.map((cell) => cell.address.wire))]
}

/** For parts of a block, which are shorter than it anyway. */
const WITHIN_BLOCK: ReadLimits = {
  maxRegisters: Number.POSITIVE_INFINITY,
  maxBits: Number.POSITIVE_INFINITY,
  gap: 0,
}

function byAddress(one: Cell, other: Cell): number {
  const [a, b] = [one.address, other.address]
  return a.area === b.area ? a.wire - b.wire : a.area < b.area ? -1 : 1
}

function blockOf(cell: Cell): Block {
  const { area, wire } = cell.address
  return { area, start: wire, count: cell.size, cells: [cell], hasGaps: false }
}

function join(block: Block, cell: Cell, limits: ReadLimits): Block | undefined {
  const { area, wire } = cell.address
  const gap = wire - (block.start + block.count)
  const count = Math.max(block.count, wire + cell.size - block.start)
  const [countMax, gapMax] = isBitArea(area)
    ? [limits.maxBits, limits.gap * BITS_PER_REGISTER]
    : [limits.maxRegisters, limits.gap]
  if (area !== block.area || count > countMax || gap > gapMax) return undefined
  return { ...block, count, cells: [...block.cells, cell], hasGaps: block.hasGaps || gap > 0 }
}
