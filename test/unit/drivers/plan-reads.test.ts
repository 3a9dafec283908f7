import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Area, isBitArea } from '../../../src/drivers/modbus/address.ts'
import { type Block, type Cell, divide, planReads } from '../../../src/drivers/modbus/plan-reads.ts'

function holding(...places: readonly (readonly [wire: number, size: number])[]): Cell[] {
  return places.map(([wire, size], index) => ({ index, address: { area: 'holding', wire }, size }))
}

const limits = (gap: number) => ({ maxRegisters: 125, maxBits: 2_000, gap })

function ranges(blocks: readonly Block[]): readonly (readonly [number, number])[] {
  return blocks.map(({ start, count }) => [start, count] as const)
}

const anyCell = fc
  .record({
    area: fc.constantFrom<Area>('coil', 'discrete', 'input', 'holding'),
    wire: fc.nat(600),
    size: fc.constantFrom(1, 2, 4, 50),
  })
  .map(({ area, wire, size }) => ({ address: { area, wire }, size: isBitArea(area) ? 1 : size }))
const anyCells = fc
  .array(anyCell, { maxLength: 60 })
  .map((cells): Cell[] => cells.map((cell, index) => ({ index, ...cell })))

test('neighbours and overlaps share one request', () => {
  expect(ranges(planReads(holding([100, 2], [102, 1], [100, 4], [104, 1]), limits(0)))).toEqual([[100, 5]])
})

test('a gap is read along where the map allows it, and a longer one is not', () => {
  expect(ranges(planReads(holding([0, 1], [17, 1]), limits(16)))).toEqual([[0, 18]])
  expect(ranges(planReads(holding([0, 1], [18, 1]), limits(16)))).toEqual([
    [0, 1],
    [18, 1],
  ])
})

test('a value that does not fit into 125 registers any more begins the next request', () => {
  const cells = holding(...Array.from({ length: 63 }, (_, n) => [n * 2, 2] as const))
  expect(ranges(planReads(cells, limits(16)))).toEqual([
    [0, 124],
    [124, 2],
  ])
})

test('every value lies whole within one request, and no request is too long', () => {
  fc.assert(
    fc.property(anyCells, fc.nat(20), (cells, gap) => {
      const blocks = planReads(cells, limits(gap))
      const planned = blocks.flatMap((block) => block.cells.map((cell) => ({ block, cell })))
      expect(planned.map(({ cell }) => cell.index).sort((a, b) => a - b)).toEqual(
        cells.map(({ index }) => index),
      )
      for (const { block, cell } of planned) {
        expect(cell.address.area).toBe(block.area)
        expect(cell.address.wire).toBeGreaterThanOrEqual(block.start)
        expect(cell.address.wire + cell.size).toBeLessThanOrEqual(block.start + block.count)
        expect(block.count).toBeLessThanOrEqual(isBitArea(block.area) ? 2_000 : 125)
      }
    }),
  )
})

test('dividing loses no value and comes to an end at single addresses', () => {
  const divideAll = (block: Block): Block[] => divide(block)?.flatMap(divideAll) ?? [block]
  fc.assert(
    fc.property(anyCells, (cells) => {
      const parts = planReads(cells, limits(16)).flatMap(divideAll)
      expect(parts.flatMap((part) => part.cells)).toHaveLength(cells.length)
      for (const part of parts) expect(new Set(part.cells.map((cell) => cell.address.wire)).size).toBe(1)
    }),
  )
})

test('a block with gaps is divided at its gaps first', () => {
  const [block] = planReads(holding([0, 2], [2, 1], [10, 1]), limits(16))
  expect(block && ranges(divide(block) ?? [])).toEqual([
    [0, 3],
    [10, 1],
  ])
})
