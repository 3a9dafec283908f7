/** Stands between a client and its broker, and writes down what was published and what the broker acknowledged of it. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** A message that went over the wire with QoS 1. */
export interface WireMessage {
  /** Counts the client's connections from 1. */
  readonly connection: number
  readonly topic: string
  readonly payload: string
  isAcknowledged: boolean
}

export interface MqttWire extends AsyncDisposable {
  readonly url: string
  readonly messages: readonly WireMessage[]
}

const PUBLISH = 3
const PUBACK = 4
/** MQTT 5: codes from here on are refusals. */
const REFUSED_FROM = 128

/** @param version of the client: packets of 5 carry properties */
export async function startMqttWire(brokerPort: number, version: 4 | 5): Promise<MqttWire> {
  const messages: WireMessage[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    connections += 1
    const connection = connections
    const open = new Map<number, WireMessage>()
    const broker = connect(brokerPort, '127.0.0.1')
    const published = packetReader((type, flags, body) => {
      if (type !== PUBLISH || (flags & 0b110) === 0) return
      const { id, topic, payload } = readPublish(body, version)
      const message = { connection, topic, payload, isAcknowledged: false }
      messages.push(message)
      open.set(id, message)
    })
    const answered = packetReader((type, _, body) => {
      const message = type === PUBACK ? open.get(body.readUInt16BE(0)) : undefined
      if (message) message.isAcknowledged = (body[2] ?? 0) < REFUSED_FROM
    })
    join(client, broker, published)
    join(broker, client, answered)
    sockets.add(client).add(broker)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `mqtt://127.0.0.1:${port}`,
    messages,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function join(from: Socket, to: Socket, look: (bytes: Buffer) => void): void {
  from.on('data', (bytes: Buffer) => {
    look(bytes)
    to.write(bytes)
  })
  from.on('error', () => to.destroy())
  from.on('close', () => to.destroy())
}

/** Cuts a stream into packets: type, flags and what follows the fixed header. */
function packetReader(take: (type: number, flags: number, body: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    for (;;) {
      const length = rest.length < 2 ? undefined : readLength(rest, 1)
      if (!length || rest.length < length.next + length.value) return
      const [head = 0] = rest
      take(head >> 4, head & 0b1111, rest.subarray(length.next, length.next + length.value))
      rest = rest.subarray(length.next + length.value)
    }
  }
}

/** MQTT 5, section 1.5.5: seven bits a byte, the lowest first. */
function readLength(
  bytes: Buffer,
  at: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0
  for (let place = 0; place < 4; place += 1) {
    const byte = bytes[at + place]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) << (7 * place)
    if (byte < 0x80) return { value, next: at + place + 1 }
  }
  throw new Error('no length of MQTT has five bytes')
}

function readPublish(body: Buffer, version: 4 | 5) {
  const topicEnd = 2 + body.readUInt16BE(0)
  const id = body.readUInt16BE(topicEnd)
  const properties = version === 5 ? readLength(body, topicEnd + 2) : undefined
  const payloadAt = properties ? properties.next + properties.value : topicEnd + 2
  return { id, topic: body.toString('utf8', 2, topicEnd), payload: body.toString('utf8', payloadAt) }
}
