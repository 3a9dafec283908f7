/** A Modbus TCP device on a real socket whose every answer a test can choose. It shares no code with the driver. */

import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'

export interface ModbusRequest {
  readonly transaction: number
  readonly unit: number
  readonly functionCode: number
  readonly start: number
  readonly count: number
  readonly socket: Socket
  /** How many requests came before this one on all connections. */
  readonly nth: number
}

/** Gets each request and sends what it wants, when it wants, or nothing. */
export type Behaviour = (request: ModbusRequest) => void

export class ModbusDevice implements AsyncDisposable {
  readonly requests: ModbusRequest[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  behaviour: Behaviour
  connections = 0
  /** The most requests that were ever unanswered at once on one connection. */
  inFlightMax = 0

  private constructor(behaviour: Behaviour) {
    this.behaviour = behaviour
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(behaviour: Behaviour = answerOwnAddress, port = 0): Promise<ModbusDevice> {
    const device = new ModbusDevice(behaviour)
    await new Promise<void>((resolve, reject) => {
      device.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return device
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts all connections, as a device that is switched off and on. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  /** Ends the device for good. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    let received = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('error', () => {}) // The other end may cut the connection; that is what many tests are about.
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (data) => {
      received = Buffer.concat([received, data])
      this.inFlightMax = Math.max(this.inFlightMax, Math.floor(received.length / 12))
      for (; received.length >= 12; received = received.subarray(12)) this.#take(received, socket)
    })
  }

  #take(frame: Buffer, socket: Socket): void {
    const request = {
      transaction: frame.readUInt16BE(0),
      unit: frame.readUInt8(6),
      functionCode: frame.readUInt8(7),
      start: frame.readUInt16BE(8),
      count: frame.readUInt16BE(10),
      socket,
      nth: this.requests.length,
    }
    this.requests.push(request)
    this.behaviour(request)
  }
}

/** Every register holds its own address; bits are set where the address is odd. */
export function answerOwnAddress(request: ModbusRequest): void {
  request.socket.write(dataFrame(request, ownAddresses(request)))
}

export function answerRegisters(
  valueAt: (address: number) => number,
  refuse: (request: ModbusRequest) => number | undefined = () => undefined,
): Behaviour {
  return (request) => {
    const code = refuse(request)
    const values = Buffer.alloc(request.count * 2)
    for (let i = 0; i < request.count; i++) values.writeUInt16BE(valueAt(request.start + i), i * 2)
    request.socket.write(code === undefined ? dataFrame(request, values) : exceptionFrame(request, code))
  }
}

export function ownAddresses({ functionCode, start, count }: ModbusRequest): Buffer {
  if (functionCode >= 3) {
    const registers = Buffer.alloc(count * 2)
    for (let i = 0; i < count; i++) registers.writeUInt16BE((start + i) & 0xffff, i * 2)
    return registers
  }
  const bits = Buffer.alloc(Math.ceil(count / 8))
  for (let i = 0; i < count; i++)
    if ((start + i) % 2 === 1) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
  return bits
}

export function dataFrame(request: ModbusRequest, data: Buffer): Buffer {
  return frame(request, Buffer.concat([Buffer.from([request.functionCode, data.length]), data]))
}

export function exceptionFrame(request: ModbusRequest, code: number): Buffer {
  return frame(request, Buffer.from([request.functionCode | 0x80, code]))
}

export function frame({ transaction, unit }: ModbusRequest, pdu: Buffer): Buffer {
  const header = Buffer.alloc(7)
  header.writeUInt16BE(transaction, 0)
  header.writeUInt16BE(pdu.length + 1, 4)
  header.writeUInt8(unit, 6)
  return Buffer.concat([header, pdu])
}
