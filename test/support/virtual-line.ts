/** Lines of Modbus in simulated time, so that hours of faults pass within seconds and no run differs from another. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { z } from 'zod'
import type { DriverContext } from '../../src/domain/driver.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../../src/drivers/modbus/settings.ts'
import { RtuChannel } from '../../src/drivers/modbus/transports/rtu-channel.ts'
import { TcpChannel } from '../../src/drivers/modbus/transports/tcp-channel.ts'
import type { Channel, ChannelOptions, Transport } from '../../src/drivers/modbus/transports/transport.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { rtuFrame } from './rtu-units.ts'

export const MEDIA = ['tcp', 'rtu-over-tcp', 'rtu'] as const
export type Medium = (typeof MEDIA)[number]

const MBAP_BYTES = 7
const PDU_BYTES = 5

export interface LineRequest {
  readonly unit: number
  readonly functionCode: number
  readonly start: number
  readonly count: number
}

/** One answer, as whoever is at the other end sends it. */
export interface Delivery {
  readonly afterMs: number
  readonly unit: number
  readonly pdu: Buffer
  /** Modbus TCP: by how much the number of the request is missed. */
  readonly numberOff?: number
  /** Only so many of its bytes come. */
  readonly cutTo?: (length: number) => number
}

interface VirtualLineParts {
  readonly medium: Medium
  readonly time: Pick<Clock, 'now' | 'after'>
  /** How long a character is on a serial line. */
  readonly characterMs: number
  respond(request: LineRequest): readonly Delivery[]
}

/** All devices of it share one line. */
export function virtualTransport(parts: VirtualLineParts): Transport {
  return {
    protocol: `virtual-${parts.medium}`,
    settings: z
      .strictObject(UNIT_KEYS)
      .transform((keys) => withUnitSettings(keys)) as z.ZodType<ModbusSettings>,
    silenceHint: '',
    misfitHint: '',
    endpointOf: () => 'the line',
    open: async (_settings, options) =>
      parts.medium === 'tcp' ? tcpChannel(parts) : rtuChannel(parts, options),
  }
}

function tcpChannel({ time, respond }: VirtualLineParts): Channel {
  const socket = new EventEmitter() as unknown as Socket
  const channel = new TcpChannel(socket, undefined, () => time.now().monoMs)
  let isOpen = true
  socket.destroy = () => {
    isOpen = false
    return socket
  }
  socket.write = (frame) => {
    const bytes = frame as Buffer
    const number = bytes.readUInt16BE(0)
    for (const delivery of respond(requestOf(bytes.readUInt8(6), bytes.subarray(MBAP_BYTES)))) {
      const answer = cut(mbapFrame(number + (delivery.numberOff ?? 0), delivery), delivery)
      time.after(delivery.afterMs, () => void (isOpen && channel.take(answer)))
    }
    return true
  }
  return channel
}

function rtuChannel(
  { medium, time, characterMs, respond }: VirtualLineParts,
  options: ChannelOptions,
): Channel {
  let isOpen = true
  const isSerial = medium === 'rtu'
  const clock: Pick<DriverContext, 'now' | 'after'> = time
  const channel = new RtuChannel({
    wire: {
      send: (frame) => {
        for (const delivery of respond(requestOf(frame.readUInt8(0), frame.subarray(1)))) {
          const whole = rtuFrame(Buffer.concat([Buffer.from([delivery.unit]), delivery.pdu]))
          const answer = cut(whole, delivery)
          const onWireMs = isSerial ? (frame.length + answer.length) * characterMs : 0
          time.after(onWireMs + delivery.afterMs, () => void (isOpen && channel.take(answer)))
        }
      },
      close: async () => {
        isOpen = false
      },
    },
    unanswered: options.unanswered,
    clock,
    characterMs: isSerial ? characterMs : 0,
    mayForgetUs: !isSerial,
    lingerMs: isSerial ? 3_000 : 0,
  })
  return channel
}

function requestOf(unit: number, pdu: Buffer): LineRequest {
  if (pdu.length < PDU_BYTES) throw new Error('a request that is too short')
  return { unit, functionCode: pdu.readUInt8(0), start: pdu.readUInt16BE(1), count: pdu.readUInt16BE(3) }
}

function mbapFrame(number: number, { unit, pdu }: Delivery): Buffer {
  const header = Buffer.alloc(MBAP_BYTES)
  header.writeUInt16BE(number & 0xffff, 0)
  header.writeUInt16BE(pdu.length + 1, 4)
  header.writeUInt8(unit, 6)
  return Buffer.concat([header, pdu])
}

function cut(frame: Buffer, { cutTo }: Delivery): Buffer {
  return cutTo ? frame.subarray(0, cutTo(frame.length)) : frame
}
