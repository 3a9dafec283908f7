/** A Modbus TCP device on a real socket whose every answer a test can choose. It shares no code with the driver. */
import type { Socket } from 'node:net'
import { SocketDevice } from './socket-device.ts'

/** The number of the protocol, in each frame. */
const MODBUS = 0
const REQUEST_BYTES = 12

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

export class ModbusDevice extends SocketDevice {
  readonly requests: ModbusRequest[] = []
  behaviour: Behaviour
  /** What it does with each new connection. */
  greet: (socket: Socket) => void = () => {}
  /** The most requests that were ever unanswered at once on one connection. */
  inFlightMax = 0

  private constructor(behaviour: Behaviour) {
    super()
    this.behaviour = behaviour
  }

  static async start(behaviour: Behaviour = answerOwnAddress, port = 0): Promise<ModbusDevice> {
    const device = new ModbusDevice(behaviour)
    await device.listen(port)
    return device
  }

  /** Sends bytes that nobody asked for. */
  sendToAll(bytes: Buffer): void {
    for (const socket of this.sockets) socket.write(bytes)
  }

  /**
   * Cuts a connection that has sent nothing for this long, as many devices do. Where this process was held up, a request may be there
   * that has not been read yet: timers come first.
   */
  closeWhenIdle(idleMs: number): void {
    this.greet = (socket) =>
      socket.setTimeout(idleMs, () => {
        const { bytesRead } = socket
        setImmediate(() => {
          if (socket.bytesRead === bytesRead) socket.end()
        })
      })
  }

  /** Further connections are closed at once, are open but never served, or end those that are there. */
  serveOneClient(others: 'closed' | 'never-served' | 'newest-wins'): void {
    const { behaviour } = this
    this.greet = (socket) => {
      const [first] = this.sockets
      if (others === 'closed' && socket !== first) socket.destroy()
      if (others === 'newest-wins') for (const other of this.sockets) if (other !== socket) other.destroy()
    }
    this.behaviour = (request) => {
      const [first] = this.sockets
      if (others !== 'never-served' || request.socket === first) behaviour(request)
    }
  }

  protected override accepted(socket: Socket): void {
    this.greet(socket)
  }

  protected override take(received: Buffer, socket: Socket): Buffer {
    this.inFlightMax = Math.max(this.inFlightMax, Math.floor(received.length / REQUEST_BYTES))
    let left = received
    for (; left.length >= REQUEST_BYTES; left = left.subarray(REQUEST_BYTES)) this.#ask(left, socket)
    return left
  }

  #ask(frame: Buffer, socket: Socket): void {
    // Whoever takes this port for that of a console or of a server speaks another protocol: a device ends such a connection.
    if (frame.readUInt16BE(2) !== MODBUS) return void socket.destroy()
    const functionCode = frame.readUInt8(7)
    // The gateway only ever reads; whatever else it sent would be a write to a machine.
    if (functionCode < 1 || functionCode > 4) throw new Error(`function ${functionCode} is no read`)
    const request = {
      transaction: frame.readUInt16BE(0),
      unit: frame.readUInt8(6),
      functionCode,
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
