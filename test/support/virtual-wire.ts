/** An RS-485 line with units, in simulated time: every character takes as long as at its speed, and nothing takes longer. */
import { keepLink } from '../../src/collector/keep-link.ts'
import { createModbusDriver } from '../../src/drivers/modbus/driver.ts'
import { createRandom } from '../simulation/random.ts'
import { createVirtualTime, type VirtualTime } from '../simulation/virtual-time.ts'
import { deviceOf, driverContext } from './driver-bench.ts'
import { answerPdu } from './rtu-units.ts'
import { virtualTransport } from './virtual-line.ts'

const BITS_A_CHARACTER = 10
/** How long a unit takes before it begins to answer. */
const TURNAROUND_MS = 8

export interface VirtualWire {
  readonly time: VirtualTime
  /** Units that do not answer. */
  readonly dead: Set<number>
  /** How many polls of each unit were complete. */
  readonly polls: Map<number, number>
  runUntil(untilMs: number): Promise<void>
}

export interface WireSetup {
  readonly units: number
  readonly baud: number
  /** How many registers each unit is asked for. */
  readonly registers: number
}

/** All units are polled once a second, with a time limit of 1 s, over links that the collector's loop keeps. */
export function virtualWire({ units, baud, registers }: WireSetup): VirtualWire {
  const random = createRandom(1)
  const time = createVirtualTime(random)
  const dead = new Set<number>()
  const polls = new Map<number, number>()
  const transport = virtualTransport({
    medium: 'rtu',
    time,
    characterMs: (BITS_A_CHARACTER * 1_000) / baud,
    respond: (request) =>
      dead.has(request.unit) ? [] : [{ afterMs: TURNAROUND_MS, unit: request.unit, pdu: answerPdu(request) }],
  })
  const driver = createModbusDriver(transport)
  const signals = Object.fromEntries(
    Array.from({ length: registers }, (_, nth) => [`r${nth}`, { at: `W${nth}`, type: 'u16' as const }]),
  )
  for (let unit = 1; unit <= units; unit++) {
    const device = { ...deviceOf(driver, { unit }, signals, 1_000), id: `METER-${unit}` }
    const context = { ...driverContext(), ...time }
    void keepLink(
      {
        name: device.id,
        connect: (signal) => driver.connect(device, context, signal),
        up: async () => {},
        take: () => void polls.set(unit, (polls.get(unit) ?? 0) + 1),
        down: async () => {},
      },
      { clock: time, random: () => random.next() },
      new AbortController().signal,
    )
  }
  return { time, dead, polls, runUntil: async (untilMs) => void (await time.runUntil(untilMs)) }
}
