/** An RS-485 line with units, in simulated time: every character takes as long as at its speed, and nothing takes longer. */
import { z } from 'zod'
import { keepLink } from '../../src/collector/keep-link.ts'
import type { Device } from '../../src/domain/device.ts'
import type { DeviceLink } from '../../src/domain/driver.ts'
import { createModbusDriver } from '../../src/drivers/modbus/driver.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../../src/drivers/modbus/settings.ts'
import { RtuChannel } from '../../src/drivers/modbus/transports/rtu-channel.ts'
import type { Transport } from '../../src/drivers/modbus/transports/transport.ts'
import { createRandom } from '../simulation/random.ts'
import { createVirtualTime, type VirtualTime } from '../simulation/virtual-time.ts'
import { deviceOf, driverContext } from './driver-bench.ts'
import { answerFrame, type RtuRequest, RtuUnits } from './rtu-units.ts'

const BITS_A_CHARACTER = 10
const REQUEST_BYTES = 8
/** How long a unit takes before it begins to answer. */
const TURNAROUND_MS = 8

export interface VirtualWire {
  readonly time: VirtualTime
  /** Units that do not answer. */
  readonly dead: Set<number>
  /** How many polls of each unit were complete. */
  readonly polls: Map<number, number>
  /** Readings of all units until then, over links that the collector's loop keeps. */
  runUntil(untilMs: number): Promise<void>
}

export interface WireSetup {
  readonly units: number
  readonly baud: number
  /** How many registers each unit is asked for. */
  readonly registers: number
  readonly keys?: object
}

/** All units are polled once a second, with a time limit of 1 s. */
export function virtualWire({ units, baud, registers, keys = {} }: WireSetup): VirtualWire {
  const random = createRandom(1)
  const time = createVirtualTime(random)
  const dead = new Set<number>()
  const polls = new Map<number, number>()
  const driver = createModbusDriver(
    wireTransport({ time, dead, characterMs: (BITS_A_CHARACTER * 1_000) / baud }),
  )
  const signals = Object.fromEntries(
    Array.from({ length: registers }, (_, nth) => [`r${nth}`, { at: `W${nth}`, type: 'u16' as const }]),
  )
  const ids = Array.from({ length: units }, (_, nth) => nth + 1)
  const abort = new AbortController()
  for (const unit of ids) {
    const device = { ...deviceOf(driver, { unit, ...keys }, signals, 1_000), id: `METER-${unit}` }
    const context = { ...driverContext(), ...time }
    void keepLink(
      {
        name: device.id,
        connect: (signal) =>
          driver.connect(device as Device<ModbusSettings, never>, context, signal) as Promise<DeviceLink>,
        up: async () => {},
        take: () => void polls.set(unit, (polls.get(unit) ?? 0) + 1),
        down: async () => {},
      },
      { clock: time, random: () => random.next() },
      abort.signal,
    )
  }
  return { time, dead, polls, runUntil: async (untilMs) => void (await time.runUntil(untilMs)) }
}

interface WireParts {
  readonly time: VirtualTime
  readonly dead: ReadonlySet<number>
  readonly characterMs: number
}

function wireTransport({ time, dead, characterMs }: WireParts): Transport {
  return {
    protocol: 'virtual-rtu',
    settings: z
      .strictObject(UNIT_KEYS)
      .transform((keys) => withUnitSettings(keys)) as z.ZodType<ModbusSettings>,
    silenceHint: '',
    misfitHint: '',
    endpointOf: () => 'the wire',
    open: async (_settings, { unanswered }) => {
      const plugged = new RtuUnits([])
      plugged.behaviour = (request: RtuRequest, send) => {
        if (dead.has(request.unit)) return
        const answer = answerFrame(request)
        time.after((REQUEST_BYTES + answer.length) * characterMs + TURNAROUND_MS, () => send(answer))
      }
      const wire = {
        send: (frame: Buffer) => void plugged.take(frame, (bytes) => channel.take(bytes)),
        close: async () => {},
      }
      const options = { unanswered, clock: time, characterMs, mayForgetUs: false, lingerMs: 3_000 }
      const channel = new RtuChannel({ wire, ...options })
      return channel
    },
  }
}
