import { describe, expect, test } from 'vitest'
import {
  actingPath,
  STATE_NUMBERS,
  unitMode,
  type WaitState,
  waitState,
} from '../../../simulators/packml/states.ts'
import type { View } from '../../../simulators/panel.ts'
import { pressRegisters } from '../../../simulators/press/registers.ts'

const WAIT_STATES: readonly WaitState[] = ['stopped', 'idle', 'suspended', 'execute', 'aborted', 'held']

describe('a PackML unit', () => {
  test('goes from one state to another through acting states only', () => {
    for (const from of WAIT_STATES) {
      for (const to of WAIT_STATES) {
        const path: readonly string[] = actingPath(from, to)
        expect(path.filter((state) => WAIT_STATES.some((wait) => wait === state))).toEqual([])
        expect(path.length > 0).toBe(from !== to)
      }
    }
  })

  test.each([
    ['execute', 'aborted', ['aborting']],
    ['aborted', 'execute', ['clearing', 'resetting', 'starting']],
    ['execute', 'held', ['holding']],
    ['held', 'execute', ['unholding']],
    ['suspended', 'execute', ['unsuspending']],
    ['execute', 'stopped', ['stopping']],
    ['aborted', 'stopped', ['clearing']],
    ['stopped', 'idle', ['resetting']],
    ['held', 'idle', ['unholding', 'completing', 'resetting']],
  ] as const)('%s to %s', (from, to, path) => {
    expect(actingPath(from, to)).toEqual(path)
  })

  test('numbers its states as its own standard does', () => {
    expect(STATE_NUMBERS['packml-tr88']).toMatchObject({
      stopped: 2,
      idle: 4,
      execute: 6,
      aborted: 9,
      held: 11,
    })
    expect(STATE_NUMBERS['packml-tmc']).toMatchObject({
      stopped: 0,
      idle: 2,
      execute: 4,
      aborted: 8,
      held: 15,
    })
  })

  test('shows the plant states by state and mode', () => {
    const faults = { '204': { reason: 'material_jam', category: null, stop: 'held' } } as const
    const face = (state: View['situation']['state'], fault = 0) => [
      waitState({ state, fault }, faults),
      unitMode({ state, fault }),
    ]
    expect(face('running')).toEqual(['execute', 1])
    expect(face('starved')).toEqual(['suspended', 1])
    expect(face('down', 101)).toEqual(['aborted', 1])
    expect(face('down', 204)).toEqual(['held', 1])
    expect(face('setup')).toEqual(['stopped', 3])
    expect(face('maintenance')).toEqual(['stopped', 2])
  })
})

describe('a press', () => {
  const view: View = {
    situation: { state: 'setup', fault: 0 },
    goodCount: 0x0001_0002,
    scrapCount: 7,
    heartbeat: 65_537,
    atMs: 0,
  }

  test('has its state in four bits, its door in bit 12 and a heartbeat that wraps', () => {
    const registers = pressRegisters(view, 'CDAB')
    expect(registers.get(99)).toBe(1)
    expect(registers.get(100)).toBe(0x1004)
    expect(registers.get(101)).toBe(0)
  })

  test.each([
    ['CDAB', [0x0002, 0x0001, 7, 0]],
    ['ABCD', [0x0001, 0x0002, 0, 7]],
  ] as const)('has its counters in the order %s', (order, words) => {
    const registers = pressRegisters(view, order)
    expect([109, 110, 111, 112].map((address) => registers.get(address))).toEqual(words)
  })
})
