/** The protocol of a pair: single situations by their names, and then every course of events over a model of central's lease. */
import { describe, expect, test } from 'vitest'
import type { Lease } from '../../../src/domain/lease.ts'
import { decide, type Self } from '../../../src/pair/decide.ts'

const LEASE_MS = 10_000

function self(changes: Partial<Self> = {}): Self {
  return {
    gateway: 'b',
    role: 'stand-by',
    epoch: 0,
    knownEpoch: 0,
    canTakeOver: 'yes',
    leaseMs: LEASE_MS,
    nowMs: 100_000,
    freeSinceMs: undefined,
    hasSeenHeld: true,
    readyOther: undefined,
    isStarting: false,
    isFenced: false,
    ...changes,
  }
}

function lease(changes: Partial<Lease> = {}): Lease {
  return {
    holder: 'a',
    epoch: 7,
    isExpired: false,
    isReleased: false,
    wanted: null,
    renewedAgoMs: 1_000,
    ...changes,
  }
}

const active = self({ gateway: 'a', role: 'active', epoch: 7, knownEpoch: 7 })
const freeFor = (ms: number) => ({ freeSinceMs: 100_000 - ms })

describe('a gateway that stands by', () => {
  test('waits while the other one holds the lease', () => {
    expect(decide(self(), lease())).toBe('wait')
  })

  test('takes a lease that it has seen expire', () => {
    expect(decide(self(freeFor(0)), lease({ isExpired: true }))).toBe('take')
  })

  test('gives a lease that it finds expired the half of one, since central may have been away for both', () => {
    const found = { hasSeenHeld: false, ...freeFor(4_000) }
    expect(decide(self(found), lease({ isExpired: true }))).toBe('wait')
    expect(decide(self({ ...found, ...freeFor(5_000) }), lease({ isExpired: true }))).toBe('take')
  })

  test('never takes over while it starts', () => {
    expect(decide(self({ canTakeOver: 'no', ...freeFor(99_000) }), lease({ isExpired: true }))).toBe('wait')
  })

  test('takes over later where it sees its machines poorly', () => {
    const poorly = { canTakeOver: 'poorly' } as const
    expect(decide(self({ ...poorly, ...freeFor(9_000) }), lease({ isExpired: true }))).toBe('wait')
    expect(decide(self({ ...poorly, ...freeFor(10_000) }), lease({ isExpired: true }))).toBe('take')
  })

  test('takes a lease at once that was given back to it', () => {
    const given = lease({ isReleased: true, wanted: 'b' })
    expect(decide(self({ hasSeenHeld: false, ...freeFor(0) }), given)).toBe('take')
  })

  test('takes up its own lease whose answer was lost, and not one of an older central', () => {
    expect(decide(self({ knownEpoch: 6 }), lease({ holder: 'b' }))).toBe('take')
    expect(decide(self({ knownEpoch: 7 }), lease({ holder: 'b' }))).toBe('wait')
  })

  test('waits before it takes a lease that is nowhere: somebody may have deleted the row', () => {
    expect(decide(self(freeFor(0)), undefined)).toBe('wait')
    expect(decide(self(freeFor(5_000)), undefined)).toBe('take')
  })
})

describe('the active gateway', () => {
  test('stays it while the lease is its own', () => {
    expect(decide(active, lease())).toBe('hold')
    expect(decide(active, lease({ isExpired: true }))).toBe('hold')
  })

  test('steps down where another one has it, or it has it in another epoch', () => {
    expect(decide(active, lease({ holder: 'b', epoch: 8 }))).toBe('step down')
    expect(decide(active, lease({ epoch: 8 }))).toBe('step down')
  })

  test('hands over to who is wanted only once that one is ready', () => {
    expect(decide(active, lease({ wanted: 'b' }))).toBe('hold')
    expect(decide({ ...active, readyOther: 'b' }, lease({ wanted: 'b' }))).toBe('hand over')
    expect(decide({ ...active, readyOther: 'b' }, lease({ wanted: 'a' }))).toBe('hold')
  })

  test('that was away, however shortly, leaves the line to the one that has seen what happened meanwhile', () => {
    expect(decide({ ...active, isStarting: true, readyOther: 'b' }, lease())).toBe('give up')
    expect(decide({ ...active, isStarting: true }, lease())).toBe('hold')
  })

  test('that was alone before takes a lease that nobody has, and gives way to one that somebody has', () => {
    const alone = { ...active, epoch: 0 }
    expect(decide(alone, undefined)).toBe('take')
    expect(decide(alone, lease({ holder: 'b' }))).toBe('step down')
  })
})

describe('a gateway whose stream central has from another log', () => {
  const fenced = { isFenced: true, canTakeOver: 'no' } as const

  test('does not take a lease for its own that another gateway of its name has', () => {
    expect(decide(self({ ...fenced, knownEpoch: 0 }), lease({ holder: 'b' }))).toBe('wait')
  })

  test('leaves the line to the other one, whose rows central takes', () => {
    expect(decide({ ...active, ...fenced, readyOther: 'b' }, lease())).toBe('give up')
    expect(decide({ ...active, ...fenced }, lease())).toBe('hold')
  })

  test('that was alone before goes on recording without a lease', () => {
    expect(decide({ ...active, ...fenced, epoch: 0 }, undefined)).toBe('hold')
    expect(decide({ ...active, ...fenced, epoch: 0 }, lease({ holder: 'b' }))).toBe('step down')
  })
})
