/** Units of Modbus RTU whose every answer a test can choose, whatever carries their bytes. It shares no code with the driver. */
import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ptyCable } from '../../simulators/scanner/pty-cable.ts'
import { SocketDevice } from './socket-device.ts'

const REQUEST_BYTES = 8

export interface RtuRequest {
  readonly unit: number
  readonly functionCode: number
  readonly start: number
  readonly count: number
  /** How many requests came before this one. */
  readonly nth: number
}

type Send = (bytes: Buffer) => void
export type RtuBehaviour = (request: RtuRequest, send: Send) => void

/** What is plugged into a cable. */
export class RtuUnits {
  /** Unit ids in the order in which they were asked. */
  readonly asked: number[] = []
  /** How long each unit takes for its answers; one that is not here gives none. */
  readonly delaysMs: Map<number, number>
  behaviour: RtuBehaviour
  #inFlight = 0
  /** The most requests that were ever being answered at once. */
  inFlightMax = 0

  constructor(units: readonly number[]) {
    this.delaysMs = new Map(units.map((unit) => [unit, 2]))
    this.behaviour = (request, send) => this.#answer(request, send)
  }

  /** Gets all bytes that were not used yet; returns those that it leaves. */
  take(received: Buffer, send: Send): Buffer {
    let left = received
    for (; left.length >= REQUEST_BYTES; left = left.subarray(REQUEST_BYTES)) this.#ask(left, send)
    return left
  }

  #ask(frame: Buffer, send: Send): void {
    const functionCode = frame.readUInt8(1)
    // The gateway only ever reads; whatever else it sent would be a write to a machine.
    if (functionCode < 1 || functionCode > 4) throw new Error(`function ${functionCode} is no read`)
    if (crcOf(frame.subarray(0, 6)) !== frame.readUInt16LE(6))
      throw new Error('a request with a wrong check sum')
    const unit = frame.readUInt8(0)
    const [start, count] = [frame.readUInt16BE(2), frame.readUInt16BE(4)]
    this.asked.push(unit)
    this.behaviour({ unit, functionCode, start, count, nth: this.asked.length - 1 }, send)
  }

  #answer(request: RtuRequest, send: Send): void {
    const delayMs = this.delaysMs.get(request.unit)
    if (delayMs === undefined) return
    this.#inFlight++
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight)
    setTimeout(() => {
      this.#inFlight--
      send(answerFrame(request))
    }, delayMs)
  }
}

/** A converter that passes the bytes of its serial line on as they are. */
export class RtuConverter extends SocketDevice {
  readonly units: RtuUnits

  private constructor(units: readonly number[]) {
    super()
    this.units = new RtuUnits(units)
  }

  static async start(units: readonly number[], port = 0): Promise<RtuConverter> {
    const converter = new RtuConverter(units)
    await converter.listen(port)
    return converter
  }

  protected override take(received: Buffer, _socket: Socket): Buffer {
    return this.units.take(received, (bytes) => {
      // On a cable everybody hears everything, also who has opened it meanwhile.
      for (const socket of this.sockets) socket.write(bytes)
    })
  }
}

export interface SerialCable extends AsyncDisposable {
  /** What the gateway opens. */
  readonly path: string
  readonly units: RtuUnits
  /** How often it is open in this process. */
  openings(): number
  unplug(): Promise<void>
  plugIn(): Promise<void>
}

/** Units on a real pseudo-terminal, which stands for an RS-485 adapter. */
export async function serialCable(units: readonly number[]): Promise<SerialCable> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-rtu-'))
  const cable = await ptyCable(join(folder, 'adapter'))
  const plugged = new RtuUnits(units)
  let left: Buffer = Buffer.alloc(0)
  cable.onHeard((bytes) => {
    left = plugged.take(Buffer.concat([left, bytes]), (answer) => void cable.send(answer))
  })
  return {
    path: cable.address,
    units: plugged,
    openings: () => (cable.isPluggedIn ? descriptorsOf(realpathSync(cable.address)) - HOLDS : 0),
    unplug: () => cable.unplug(),
    plugIn: () => cable.plugIn(),
    [Symbol.asyncDispose]: async () => {
      await cable[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The cable itself keeps its terminal open, so that it is not hung up between two openings. */
const HOLDS = 1

function descriptorsOf(path: string): number {
  const files = readdirSync('/proc/self/fd').map((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`)
    } catch {
      return '' // The descriptor with which the folder itself was read.
    }
  })
  return files.filter((target) => target === path).length
}

export function answerFrame(request: RtuRequest): Buffer {
  return rtuFrame(Buffer.concat([Buffer.from([request.unit]), answerPdu(request)]))
}

/** Every register holds its unit id × 1000 + its address; bits are set where the address is odd. */
export function answerPdu({ unit, functionCode, start, count }: Omit<RtuRequest, 'nth'>): Buffer {
  const isBits = functionCode <= 2
  const values = Buffer.alloc(isBits ? Math.ceil(count / 8) : count * 2)
  for (let nth = 0; nth < count; nth++) {
    if (!isBits) values.writeUInt16BE((unit * 1_000 + start + nth) & 0xffff, nth * 2)
    else if ((start + nth) % 2 === 1) values[nth >> 3] = (values[nth >> 3] ?? 0) | (1 << (nth & 7))
  }
  return Buffer.concat([Buffer.from([functionCode, values.length]), values])
}

export function exceptionFrame({ unit, functionCode }: RtuRequest, code: number): Buffer {
  return rtuFrame(Buffer.from([unit, functionCode | 0x80, code]))
}

/** With its check sum. */
export function rtuFrame(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(2)
  sum.writeUInt16LE(crcOf(bytes), 0)
  return Buffer.concat([bytes, sum])
}

/** Bit by bit, as the standard describes it. */
function crcOf(bytes: Buffer): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}
