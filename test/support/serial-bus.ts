/**
 * A serial cable with several Modbus units, on a real socket: requests and answers carry no number, so a late answer looks
 * like the answer to whatever was asked last. It shares no code with the driver but the contract of a transport.
 */
import { connect, type Socket } from 'node:net'
import { z } from 'zod'
import { LineFault } from '../../src/drivers/modbus/line-faults.ts'
import type { ModbusAnswer, ReadRequest } from '../../src/drivers/modbus/request.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../../src/drivers/modbus/settings.ts'
import type { Channel, ChannelOptions, Transport } from '../../src/drivers/modbus/transports/transport.ts'
import { SocketDevice } from './socket-device.ts'

const REQUEST_BYTES = 5
const ANSWER_BYTES = 4

export interface BusSettings extends ModbusSettings {
  /** Stands for the device file; here the number of a local port. */
  readonly path: string
}

/** Every unit holds one register at each address: its unit id × 1000 + the address. */
export class SerialBus extends SocketDevice {
  /** How long each unit takes for its answers; one that is not here gives none. */
  readonly delaysMs: Map<number, number>
  /** Unit ids in the order in which they were asked. */
  readonly asked: number[] = []
  #inFlight = 0
  /** The most requests that were ever on the cable at once. A silent unit's counts until the next one comes. */
  inFlightMax = 0

  private constructor(units: readonly number[]) {
    super()
    this.delaysMs = new Map(units.map((unit) => [unit, 2]))
  }

  static async start(units: readonly number[], port = 0): Promise<SerialBus> {
    const bus = new SerialBus(units)
    await bus.listen(port)
    return bus
  }

  get path(): string {
    return String(this.port)
  }

  protected override take(received: Buffer): Buffer {
    let left = received
    for (; left.length >= REQUEST_BYTES; left = left.subarray(REQUEST_BYTES))
      this.#ask(left.readUInt8(0), left.readUInt16BE(1))
    return left
  }

  #ask(unit: number, start: number): void {
    this.asked.push(unit)
    const delayMs = this.delaysMs.get(unit)
    if (delayMs === undefined) return
    this.#inFlight++
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight)
    setTimeout(() => {
      this.#inFlight--
      const answer = Buffer.alloc(ANSWER_BYTES)
      answer.writeUInt16BE(0x0302, 0)
      answer.writeUInt16BE(unit * 1_000 + start, 2)
      // On a cable everybody hears everything, also who has opened it meanwhile.
      for (const socket of this.sockets) socket.write(answer)
    }, delayMs)
  }
}

/** Longer than the latest answer of any test. */
const REST_MS = 150

export const busTransport: Transport<BusSettings> = {
  protocol: 'test-bus',
  settings: z
    .strictObject({ path: z.string(), ...UNIT_KEYS })
    .transform((keys) => withUnitSettings(keys)) as z.ZodType<BusSettings>,
  silenceHint: 'look at the cable',
  misfitHint: 'look at the unit id',
  endpointOf: ({ path }) => `bus ${path}`,
  open: openBus,
}

async function openBus({ path }: BusSettings, { signal, lost }: ChannelOptions): Promise<Channel> {
  const socket = await openSocket(Number(path), signal)
  let answered: ((answer: ModbusAnswer) => void) | undefined
  socket.on('error', () => {}) // Followed by `close`.
  socket.on('close', () => lost(new LineFault('link-closed', `bus ${path} is gone`, { hint: 'plug it in' })))
  // Bytes that nobody waits for are a late answer, and thrown away.
  socket.on('data', (data) => {
    answered?.({ kind: 'data', bytes: data.subarray(2) })
    answered = undefined
  })
  return {
    restMs: REST_MS,
    read: (unit, { start }: ReadRequest) =>
      new Promise((resolve) => {
        answered = resolve
        const request = Buffer.alloc(REQUEST_BYTES)
        request.writeUInt8(unit, 0)
        request.writeUInt16BE(start, 1)
        socket.write(request)
      }),
    instead: () => undefined,
    close: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve()
        socket.once('close', () => resolve())
        socket.destroy()
      }),
  }
}

function openSocket(port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fault = () =>
      reject(new LineFault('link-refused', `bus ${port} is not there`, { hint: 'plug it in' }))
    const socket = connect(port, '127.0.0.1')
    signal.addEventListener('abort', () => socket.destroy())
    socket.once('error', fault).once('close', fault)
    socket.once('connect', () => resolve(socket))
  })
}
