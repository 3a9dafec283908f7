/** The fewest requests that read all values within the limits of a device: found by trying every end of each request. */
import { isBitArea } from '../../src/drivers/modbus/address.ts'
import type { Cell, ReadLimits } from '../../src/drivers/modbus/plan-reads.ts'
import type { Random } from '../faults/faults.ts'

const BITS_PER_REGISTER = 16

/** It shares no idea with the planner: what is left to read after a request depends only on how far the requests have come. */
export function fewestReads(cells: readonly Cell[], limits: ReadLimits): number {
  const byArea = Map.groupBy(cells, ({ address }) => address.area)
  let count = 0
  for (const [area, own] of byArea) {
    const [max, gap] = isBitArea(area)
      ? [limits.maxBits, limits.gap * BITS_PER_REGISTER]
      : [limits.maxRegisters, limits.gap]
    count += fewestOfArea(
      own.map(({ address, size }) => ({ start: address.wire, end: address.wire + size })),
      max,
      gap,
    )
  }
  return count
}

interface Range {
  readonly start: number
  readonly end: number
}

function fewestOfArea(ranges: readonly Range[], max: number, gapMax: number): number {
  const known = new Map<number, number>()
  const best = (readTo: number): number => {
    const left = ranges.filter(({ end }) => end > readTo)
    if (left.length === 0) return 0
    const before = known.get(readTo)
    if (before !== undefined) return before
    const start = Math.min(...left.map((range) => range.start))
    const ends = new Set(left.map(({ end }) => end))
    const alone = Math.max(...left.filter((range) => range.start === start).map(({ end }) => end))
    let fewest = Number.POSITIVE_INFINITY
    for (const end of ends) {
      const isAllowed = (end - start <= max && !hasGap(ranges, start, end, gapMax)) || end === alone
      if (isAllowed) fewest = Math.min(fewest, 1 + best(end))
    }
    known.set(readTo, fewest)
    return fewest
  }
  return best(-1)
}

/** Whether more than allowed lies between two values that belong to signals. */
function hasGap(ranges: readonly Range[], start: number, end: number, gapMax: number): boolean {
  const inside = ranges
    .filter((range) => range.start >= start && range.start < end)
    .sort((a, b) => a.start - b.start)
  let readTo = start
  for (const range of inside) {
    if (range.start - readTo > gapMax) return true
    readTo = Math.max(readTo, range.end)
  }
  return false
}

const LIMITS = [125, 125, 100, 64, 50, 32, 20, 16, 10]
const GAPS = [0, 0, 2, 5, 10, 20]
const SIZES = [1, 1, 1, 2, 2, 2, 4, 8]
const AREAS = ['holding', 'holding', 'input', 'discrete'] as const

/** A map as machines have it: groups of values that lie close together, some apart, a few upon each other. */
export function randomCells(random: Random): {
  readonly cells: readonly Cell[]
  readonly limits: ReadLimits
} {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const cells: Cell[] = []
  const groups = 1 + Math.floor(random() * 6)
  for (let group = 0; group < groups; group++) {
    const area = pick(AREAS)
    let wire = Math.floor(random() * 2_000)
    for (let nth = Math.floor(random() * 30); nth >= 0; nth--) {
      const size = area === 'discrete' ? 1 : pick(SIZES)
      cells.push({ index: cells.length, address: { area, wire }, size })
      wire += random() < 0.7 ? size : Math.floor(random() * 25)
    }
  }
  return { cells, limits: { maxRegisters: pick(LIMITS), maxBits: pick([2_000, 256, 64]), gap: pick(GAPS) } }
}
