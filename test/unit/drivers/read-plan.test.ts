import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cell, divide, planReads, type ReadLimits } from '../../../src/drivers/modbus/plan-reads.ts'
import { type PlannedRead, ReadPlan } from '../../../src/drivers/modbus/read-plan.ts'

const LIMITS = { maxRegisters: 125, maxBits: 2_000, gap: 0 }
const MINUTE_MS = 60_000

function holding(count: number): Cell[] {
  return Array.from({ length: count }, (_, wire) => ({
    index: wire,
    address: { area: 'holding', wire },
    size: 1,
  }))
}

function planOf(cells: readonly Cell[], limits: ReadLimits): ReadPlan {
  return new ReadPlan(planReads(cells, limits), limits)
}

/** Divides until no request is for more than this many registers. */
function divideTo(plan: ReadPlan, registersMax: number, nowMs: number): void {
  const long = () => plan.reads.find(({ block }) => block.count > registersMax)
  for (let read = long(); read; read = long()) plan.divide(read, divide(read.block) ?? [], nowMs)
}

const counts = (plan: ReadPlan) => plan.reads.map(({ block }) => block.count)
const only = (plan: ReadPlan): PlannedRead => {
  const [read] = plan.reads
  if (!read) throw new Error('no read')
  return read
}

test('what was divided is tried whole again after a minute, and after ever longer times, up to two hours', () => {
  const plan = planOf(holding(40), LIMITS)
  let nowMs = 0
  const waits = Array.from({ length: 9 }, () => {
    divideTo(plan, 28, nowMs)
    expect(counts(plan)).toEqual([20, 20])
    const sinceMs = nowMs
    for (; plan.reads.length > 1; nowMs += MINUTE_MS) plan.refresh(nowMs)
    expect(counts(plan)).toEqual([40])
    nowMs -= MINUTE_MS
    return (nowMs - sinceMs) / MINUTE_MS
  })
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120])
})

test('a single address that is bad stays apart when the others are tried together again, until it answers', () => {
  const plan = planOf(holding(3), LIMITS)
  divideTo(plan, 1, 0)
  const bad = plan.reads[1]
  if (!bad) throw new Error('no read')
  plan.failed(bad, () => 'exception 2')
  plan.refused(bad, { askAgainMs: 1, nowMs: 0 })
  plan.refresh(10 * MINUTE_MS)
  expect(counts(plan)).toEqual([1, 1, 1])
  plan.answered(bad, 10 * MINUTE_MS)
  plan.refresh(60 * MINUTE_MS)
  expect(counts(plan)).toEqual([3])
})

test('a block of which nothing was answered is looked at again as a whole', () => {
  const plan = planOf(holding(8), LIMITS)
  plan.failed(only(plan), () => 'exception 1')
  plan.refused(only(plan), { askAgainMs: 0, nowMs: 0 })
  expect(only(plan).isJudged).toBe(true)
  plan.refresh(10 * MINUTE_MS)
  expect(counts(plan)).toEqual([8])
  expect(only(plan).isJudged).toBe(false)
})

test('when one address answers again, the others that are bad are asked at once', () => {
  const plan = planOf(holding(2), LIMITS)
  divideTo(plan, 1, 0)
  for (const read of plan.reads) {
    plan.failed(read, () => 'exception 2')
    plan.refused(read, { askAgainMs: 10_000, nowMs: 0 })
  }
  plan.answered(only(plan), 0)
  expect(plan.reads.map(({ askAgainMs }) => askAgainMs)).toEqual([0, 0])
})

test('only one request at a time is put together again, and the next one soon after it was answered', () => {
  const cells = [
    ...holding(40),
    ...holding(40).map((cell) => ({
      ...cell,
      index: 40 + cell.index,
      address: { ...cell.address, wire: 1_000 + cell.address.wire },
    })),
  ]
  const plan = planOf(cells, LIMITS)
  divideTo(plan, 28, 0)
  expect(counts(plan)).toEqual([20, 20, 20, 20])
  plan.refresh(MINUTE_MS)
  expect(counts(plan)).toEqual([40, 20, 20])
  plan.refresh(MINUTE_MS + 1)
  expect(counts(plan)).toEqual([40, 20, 20])
  plan.answered(only(plan), MINUTE_MS + 1)
  plan.refresh(MINUTE_MS + 2)
  expect(counts(plan)).toEqual([40, 40])
})

test('whatever is divided, refused and put together again, each value is in one request', () => {
  const step = fc.record({ read: fc.nat(50), does: fc.constantFrom('divide', 'refuse', 'answer', 'refresh') })
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 60 }),
      fc.nat(20),
      fc.array(step),
      (wires, gap, steps) => {
        const cells = wires.map(
          (wire, index): Cell => ({ index, address: { area: 'holding', wire }, size: 1 }),
        )
        const plan = planOf(cells, { ...LIMITS, gap })
        let nowMs = 0
        for (const { read: nth, does } of steps) {
          nowMs += 10 * MINUTE_MS
          const read = plan.reads[nth % plan.reads.length]
          const parts = read && divide(read.block)
          if (does === 'divide' && read && parts) plan.divide(read, parts, nowMs)
          if (does === 'answer' && read) plan.answered(read, nowMs)
          if (does === 'refuse' && read) {
            plan.failed(read, () => 'exception 2')
            plan.refused(read, { askAgainMs: nowMs, nowMs })
          }
          if (does === 'refresh') plan.refresh(nowMs)
          const indexes = plan.reads.flatMap(({ block }) => block.cells.map(({ index }) => index))
          expect(indexes.sort((a, b) => a - b)).toEqual(cells.map(({ index }) => index))
        }
      },
    ),
  )
})
