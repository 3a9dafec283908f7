/** A Modbus TCP device on a real socket that has just the registers and bits that a test gives it. It shares no code with the driver. */
import { dataFrame, exceptionFrame, ModbusDevice, type ModbusRequest } from './modbus-device.ts'

type Area = 'coil' | 'discrete' | 'holding' | 'input'

/** What the device has, by wire address; `0-20` is a stretch that shows the same value. */
export type DeviceRegisters = Partial<Record<Area, Readonly<Record<string, number>>>>

export interface DeviceHabits {
  /** The only unit id that it answers to; every one, where it does not say. */
  readonly unit?: number
  /** Registers in one request beyond which it answers with exception 3. */
  readonly registersMax?: number
  /** Answered to everything. */
  readonly exception?: number
  /** Only these function codes are known; others get exception 1. */
  readonly functions?: readonly number[]
  /** Gives no answer where it has no address. */
  readonly isMute?: true
  /** Closes each connection after this one. */
  readonly clientsMax?: number
}

const AREAS: Readonly<Record<number, Area>> = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' }

export async function startRegisterDevice(
  registers: DeviceRegisters,
  habits: DeviceHabits = {},
): Promise<ModbusDevice & { readonly held: Map<string, number> }> {
  const held = new Map<string, number>()
  for (const [area, cells] of Object.entries(registers)) {
    for (const [range, value] of Object.entries(cells)) {
      const [from = 0, to = from] = range.split('-').map(Number)
      for (let wire = from; wire <= to; wire++) held.set(`${area}:${wire}`, value)
    }
  }
  const device = await ModbusDevice.start((request) => answer(request, held, habits))
  if (habits.clientsMax !== undefined) {
    const max = habits.clientsMax
    device.greet = (socket) => {
      if (device.openConnections > max) socket.destroy()
    }
  }
  return Object.assign(device, { held })
}

function answer(request: ModbusRequest, held: ReadonlyMap<string, number>, habits: DeviceHabits): void {
  const { functionCode, start, count, unit, socket } = request
  if (habits.unit !== undefined && unit !== habits.unit) return
  const code = refusal(request, held, habits)
  if (code !== undefined && habits.isMute) return
  if (code !== undefined) {
    socket.write(exceptionFrame(request, code))
    return
  }
  const values = Array.from({ length: count }, (_, n) => held.get(`${AREAS[functionCode]}:${start + n}`) ?? 0)
  socket.write(dataFrame(request, functionCode < 3 ? bits(values) : words(values)))
}

function refusal(
  { functionCode, start, count }: ModbusRequest,
  held: ReadonlyMap<string, number>,
  { exception, functions, registersMax }: DeviceHabits,
): number | undefined {
  if (exception !== undefined) return exception
  if (functions && !functions.includes(functionCode)) return 1
  if (registersMax !== undefined && count > registersMax) return 3
  for (let wire = start; wire < start + count; wire++) {
    if (!held.has(`${AREAS[functionCode]}:${wire}`)) return 2
  }
  return undefined
}

function words(values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 2)
  for (const [n, value] of values.entries()) data.writeUInt16BE(value & 0xffff, n * 2)
  return data
}

function bits(values: readonly number[]): Buffer {
  const data = Buffer.alloc(Math.ceil(values.length / 8))
  for (const [n, value] of values.entries()) if (value) data[n >> 3] = (data[n >> 3] ?? 0) | (1 << (n & 7))
  return data
}
