/**
 * Many Modbus TCP devices in one process, each on its own port, as the load of a benchmark.
 *
 * Register 0 is the status word; the others count up. Every read changes a share of them, so the reader always meets
 * fresh values, and the status word goes round at its own pace, so that deriving and storing are part of the load.
 * It answers only reads, is no model of a real PLC, and keeps no socket waiting.
 */
import { createServer, type Socket } from 'node:net'
import { answer } from '../child.ts'
import { monotonicMs } from '../process-meter.ts'
import { STATUS_ROUND, statusOfRead } from './plant.ts'

export interface ModbusLoad {
  readonly devices: number
  readonly registers: number
  /** How many of the registers each read changes. */
  readonly changesPerRead: number
  /** How long a device stays in one status, spread over the devices; 0 leaves the status word alone. */
  readonly statusMs: number
  /** Each read shows the next status of the round, and is remembered: with all registers changing, register 1 is its number. */
  readonly numbered?: boolean
}

/** What one device saw since the count was last begun. */
export interface DeviceCount {
  readonly requests: number
  readonly firstMs: number
  readonly lastMs: number
  readonly longestGapMs: number
}

const READ_HOLDING_REGISTERS = 3
const MBAP_LENGTH = 7
const REQUEST_LENGTH = 12

class ModbusDevice {
  readonly #registers: Buffer
  readonly #load: ModbusLoad
  /** When each read was answered, in ms of the wall clock, where the load is numbered. */
  readonly reads: number[] = []
  #next = 1
  #requests = 0
  #firstMs = 0
  #lastMs = 0
  #longestGapMs = 0

  constructor(load: ModbusLoad) {
    this.#load = load
    this.#registers = Buffer.alloc(load.registers * 2)
    this.write(0, STATUS_ROUND[0])
  }

  write(register: number, value: number): void {
    this.#registers.writeUInt16BE(value, register * 2)
  }

  beginCount(): void {
    this.#requests = 0
    this.#longestGapMs = 0
  }

  count(): DeviceCount {
    return {
      requests: this.#requests,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      longestGapMs: this.#longestGapMs,
    }
  }

  reply(request: Buffer): Buffer {
    this.#countRequest()
    this.#change()
    if (this.#load.numbered) this.#number()
    const [functionCode, start, length] = [request[7], request.readUInt16BE(8), request.readUInt16BE(10)]
    const isKnown = functionCode === READ_HOLDING_REGISTERS && start + length <= this.#load.registers
    const body = isKnown
      ? Buffer.concat([
          Buffer.of(functionCode, length * 2),
          this.#registers.subarray(start * 2, (start + length) * 2),
        ])
      : Buffer.of((functionCode ?? 0) | 0x80, 2)
    const header = Buffer.from(request.subarray(0, MBAP_LENGTH))
    header.writeUInt16BE(body.length + 1, 4)
    return Buffer.concat([header, body])
  }

  #countRequest(): void {
    const nowMs = monotonicMs()
    if (this.#requests === 0) this.#firstMs = nowMs
    else this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    this.#requests += 1
  }

  #number(): void {
    this.reads.push(Date.now())
    this.write(0, statusOfRead(this.reads.length))
  }

  #change(): void {
    for (let changed = 0; changed < this.#load.changesPerRead; changed += 1) {
      this.write(this.#next, (this.#registers.readUInt16BE(this.#next * 2) + 1) & 0xffff)
      this.#next = this.#next + 1 < this.#load.registers ? this.#next + 1 : 1
    }
  }
}

function serve(device: ModbusDevice, socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= REQUEST_LENGTH) {
      socket.write(device.reply(rest.subarray(0, REQUEST_LENGTH)))
      rest = rest.subarray(REQUEST_LENGTH)
    }
  })
  // A reader that goes away is part of every benchmark's end.
  socket.on('error', () => socket.destroy())
}

function listen(device: ModbusDevice): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => serve(device, socket))
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}

function goRound(device: ModbusDevice, statusMs: number, phase: number): void {
  let turn = 0
  setTimeout(() => {
    setInterval(() => {
      turn += 1
      device.write(0, STATUS_ROUND[turn % STATUS_ROUND.length] ?? STATUS_ROUND[0])
    }, statusMs)
  }, statusMs * phase)
}

let devices: readonly ModbusDevice[] = []

const answers = {
  /** @returns the devices' ports */
  start: (load: ModbusLoad): Promise<number[]> => {
    devices = Array.from({ length: load.devices }, () => new ModbusDevice(load))
    if (load.statusMs > 0)
      devices.forEach((device, index) => void goRound(device, load.statusMs, index / load.devices))
    return Promise.all(devices.map(listen))
  },
  beginCount: (_: undefined): void => devices.forEach((device) => void device.beginCount()),
  counts: (_: undefined): DeviceCount[] => devices.map((device) => device.count()),
  /** Of each device, when its numbered reads were answered, in ms of the wall clock; the first one is number 1. */
  reads: (_: undefined): (readonly number[])[] => devices.map((device) => device.reads),
  /** Writes a status word. @returns when, on the machine's monotonic clock */
  setStatus: ({ device, status }: { device: number; status: number }): number => {
    devices[device]?.write(0, status)
    return monotonicMs()
  },
}

export type ModbusDevices = typeof answers

answer(answers)
