/** The holding registers of a press, as its manual prints them (modicon numbers; the wire counts from 40001 = 0). */
import type { View } from '../panel.ts'
import type { PlantState } from '../plant-state.ts'
import type { PressSpec } from '../scenario.ts'

const HEARTBEAT = 40_100
const STATE_WORD = 40_101
const FAULT_CODE = 40_102
const GOOD_COUNT = 40_110
const SCRAP_COUNT = 40_112

/** The low four bits of the state word. */
export const STATE_CODES: Readonly<Record<PlantState, number>> = {
  off: 0,
  running: 1,
  idle: 2,
  starved: 2,
  down: 3,
  setup: 4,
  maintenance: 5,
}

/** The bit "door open". Set in setup and maintenance, when people work at the open machine. */
const DOOR_OPEN = 1 << 12

/** Register values by wire address. An address that is not in it does not exist on the device. */
export type Registers = ReadonlyMap<number, number>

export function pressRegisters(view: View, wordOrder: PressSpec['word_order']): Registers {
  const { state, fault } = view.situation
  const [good, scrap] = [words(view.goodCount, wordOrder), words(view.scrapCount, wordOrder)]
  return new Map([
    [wire(HEARTBEAT), view.heartbeat & 0xffff],
    [wire(STATE_WORD), STATE_CODES[state] | (isDoorOpen(state) ? DOOR_OPEN : 0)],
    [wire(FAULT_CODE), fault],
    [wire(GOOD_COUNT), good[0]],
    [wire(GOOD_COUNT + 1), good[1]],
    [wire(SCRAP_COUNT), scrap[0]],
    [wire(SCRAP_COUNT + 1), scrap[1]],
  ])
}

function wire(register: number): number {
  return register - 40_001
}

export function isDoorOpen(state: PlantState): boolean {
  return state === 'setup' || state === 'maintenance'
}

/** The two words of an unsigned 32-bit number, in the order of their addresses. */
function words(value: number, order: PressSpec['word_order']): readonly [number, number] {
  const [high, low] = [(value >>> 16) & 0xffff, value & 0xffff]
  return order === 'ABCD' ? [high, low] : [low, high]
}
