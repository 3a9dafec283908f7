/**
 * The devices of the plant, as drivers reach them: a PLC behind the real Modbus driver, on a line in simulated time; and one that is
 * polled, or sends its changes by itself a little late, behind a model of a driver.
 */
import { z } from 'zod'
import type { Device } from '../../../src/domain/device.ts'
import type { DeviceLink, Driver, DriverContext, Drivers } from '../../../src/domain/driver.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import type { Reading, Sample } from '../../../src/domain/signal.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { deviceOf } from '../../support/driver-bench.ts'
import { type Delivery, type LineRequest, virtualTransport } from '../../support/virtual-line.ts'
import { type Plc, type Shown, STATES } from './plc.ts'

const TIMEOUT_MS = 600
const LATE_MS = 900
const SIGNALS = ['state', 'fault', 'good', 'alive'] as const
const READ_HOLDING = 3

/** How a device sends its changes; a device that is polled is not late. */
export interface Telling {
  readonly everyMs: number
  readonly lateMs: number
}

/** The names of its states, as a map has them. */
export const STATE_NAMES = Object.fromEntries(STATES.map((state, value) => [String(value), state]))

/** A device of a machine with these four signals. @param code of the machine */
export function modbusDevice(code: string, pollMs: number): Device {
  const driver = createModbusDriver(lineTo(() => [], systemless))
  const named = { state: { at: 'HR0', type: 'u16' as const, names: STATE_NAMES } }
  const others = Object.fromEntries(
    SIGNALS.slice(1).map((name, index) => [name, { at: `HR${index + 1}`, type: 'u16' as const }]),
  )
  const settings = { timeout: `${TIMEOUT_MS}ms`, retries: 1, addressing: 'zero_based' }
  const made = deviceOf(driver, settings, { ...named, ...others }, pollMs)
  return { ...made, id: code, subject: machineOwner(code) } as Device
}

/** The same behind the model of a driver. */
export function toldDevice(code: string, { everyMs }: Telling): Device {
  const signals = SIGNALS.map((name) => ({ name, address: null }))
  return { id: code, subject: machineOwner(code), protocol: 'told', settings: {}, signals, pollMs: everyMs }
}

const systemless: Pick<Clock, 'now' | 'after'> = {
  now: () => ({ boot: '', wallMs: 0, monoMs: 0 }),
  after: () => () => {},
}

function lineTo(respond: (request: LineRequest) => readonly Delivery[], time: Pick<Clock, 'now' | 'after'>) {
  return virtualTransport({ medium: 'tcp', time, characterMs: 0, respond })
}

/** The drivers of one process. @param told how each machine that is not on Modbus tells */
export function driversFor(
  plcs: ReadonlyMap<string, Plc>,
  told: ReadonlyMap<string, Telling>,
  clock: Pick<Clock, 'now' | 'after'>,
  latencyMs: () => number,
): Drivers {
  const [onModbus] = [...plcs.values()].filter(({ code }) => !told.has(code))
  const respond = (request: LineRequest) => (onModbus ? answerOf(onModbus, request, latencyMs()) : [])
  const modbus = createModbusDriver(lineTo(respond, clock))
  const all = [modbus, toldDriver(plcs, told)] as readonly Driver[]
  return { all, [Symbol.asyncDispose]: () => modbus[Symbol.asyncDispose]() }
}

function answerOf(plc: Plc, { unit, functionCode, start, count }: LineRequest, latencyMs: number): Delivery[] {
  if (functionCode !== READ_HOLDING) throw new Error(`function ${functionCode} is no read`)
  if (plc.link === 'silent' || plc.link === 'refused') return []
  if (plc.link === 'bad') return [{ afterMs: latencyMs, unit, pdu: Buffer.from([functionCode | 0x80, 4]) }]
  const { shown } = plc
  const registers = [STATES.indexOf(shown.state), shown.fault, shown.good, shown.alive]
  const pdu = Buffer.alloc(2 + 2 * count)
  pdu.writeUInt8(functionCode, 0)
  pdu.writeUInt8(2 * count, 1)
  for (let index = 0; index < count; index += 1)
    pdu.writeUInt16BE(registers[start + index] ?? 0, 2 + 2 * index)
  return [{ afterMs: plc.link === 'late' ? LATE_MS : latencyMs, unit, pdu }]
}

function toldDriver(plcs: ReadonlyMap<string, Plc>, told: ReadonlyMap<string, Telling>): Driver {
  return {
    protocol: 'told',
    settings: z.unknown(),
    addressKey: 'node',
    typeRequired: false,
    parseAddress: (text) => text,
    connect: async (device, context, signal) => {
      const plc = plcs.get(device.id)
      const telling = told.get(device.id)
      if (!plc || !telling) throw new Error(`there is no ${device.id}`)
      await context.sleep(5, signal)
      if (plc.link === 'refused') throw new LinkLost(`${device.id} refuses the connection`)
      if (plc.link === 'silent') {
        await context.sleep(TIMEOUT_MS, signal)
        throw new LinkLost(`${device.id} does not answer`)
      }
      return toldLink(plc, telling, context, signal)
    },
  }
}

function toldLink(
  plc: Plc,
  { everyMs, lateMs }: Telling,
  context: DriverContext,
  signal: AbortSignal,
): DeviceLink {
  async function* readings(): AsyncGenerator<Reading> {
    let before: Shown | undefined
    /** Up to where changes were told. */
    let toldTo = plc.nowMs - lateMs
    let silentMs = 0
    while (!signal.aborted) {
      const at = context.now()
      if (plc.link === 'refused') throw new LinkLost(`${plc.code}: the connection is lost`)
      silentMs = plc.link === 'silent' || plc.link === 'late' ? silentMs + everyMs : 0
      if (silentMs > TIMEOUT_MS * 3) throw new LinkLost(`${plc.code}: no answer`)
      if (silentMs === 0) {
        const isFirst = before === undefined
        const { samples, shown } = samplesOf(plc, { before, toldTo, lateMs, at })
        // What was bad, or stood still, is told again as it is then.
        before = plc.link === 'up' ? shown : undefined
        toldTo = plc.nowMs - lateMs
        yield { at, completeTo: isFirst ? at : shift(at, -lateMs), samples }
      }
      await context.sleep(everyMs, signal)
    }
  }
  return { [Symbol.asyncIterator]: readings, [Symbol.asyncDispose]: async () => {} }
}

interface Asked {
  readonly before: Shown | undefined
  readonly toldTo: number
  readonly lateMs: number
  readonly at: Instant
}

/** The first reading has every signal as it is now; later ones the changes that have had their time to come. */
function samplesOf(plc: Plc, { before, toldTo, lateMs, at }: Asked) {
  const { shown, nowMs, link } = plc
  const quality = link === 'bad' ? 'bad' : 'good'
  const sample = (signal: string, value: string | number, when: Instant): Sample => ({
    signal,
    value,
    quality,
    at: when,
  })
  if (!before || lateMs === 0 || link !== 'up') {
    const samples = SIGNALS.filter((signal) => before?.[signal] !== shown[signal]).map(
      (signal) => sample(signal, shown[signal], at),
    )
    return { samples, shown }
  }
  const changes = plc.changesSince(toldTo).filter((one) => one.at <= nowMs - lateMs)
  const told = changes.map((one) => sample('state', one.state, shift(at, one.at - nowMs)))
  const then = shift(at, -lateMs)
  const others = (['fault', 'good', 'alive'] as const)
    .filter((signal) => before[signal] !== shown[signal])
    .map((signal) => sample(signal, shown[signal], then))
  return { samples: [...told, ...others], shown }
}
