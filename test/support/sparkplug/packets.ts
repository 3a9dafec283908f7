/**
 * Cuts a stream of bytes between an MQTT client and its broker into packets and reads those that a judge of Sparkplug must see. It
 * shares no code with the library that the gateway uses.
 */

export interface WirePublish {
  readonly kind: 'publish'
  readonly topic: string
  readonly qos: number
  readonly retain: boolean
  readonly payload: Uint8Array
}

export interface WireConnect {
  readonly kind: 'connect'
  /** 4: 3.1.1; 5: 5.0. */
  readonly version: number
  readonly isClean: boolean
  /** Seconds; 0 where none is said. */
  readonly sessionExpiryS: number
  readonly clientId: string
  readonly will: Omit<WirePublish, 'kind'> | undefined
}

export type WirePacket =
  | WirePublish
  | WireConnect
  | {
      readonly kind: 'subscribe'
      readonly filters: readonly { readonly filter: string; readonly qos: number }[]
    }
  | { readonly kind: 'disconnect'; readonly reason: number }
  | { readonly kind: 'other'; readonly type: number }

/** Takes chunks and gives whole packets. One for each direction; that of the answers must learn the version from the CONNECT. */
export interface PacketReader {
  version: number
  read(chunk: Uint8Array): readonly WirePacket[]
}

const CONNECT = 1
const PUBLISH = 3
const SUBSCRIBE = 8
const DISCONNECT = 14

export function createPacketReader(): PacketReader {
  let held = Buffer.alloc(0)
  const reader: PacketReader = {
    version: 4,
    read: (chunk) => {
      held = Buffer.concat([held, chunk])
      const packets: WirePacket[] = []
      for (;;) {
        const body = wholeBody(held)
        if (!body) return packets
        const packet = parse(held[0] ?? 0, held.subarray(body.from, body.to), reader.version)
        if (packet.kind === 'connect') reader.version = packet.version
        packets.push(packet)
        held = held.subarray(body.to)
      }
    },
  }
  return reader
}

function wholeBody(bytes: Buffer): { readonly from: number; readonly to: number } | undefined {
  let length = 0
  for (let at = 1; at < bytes.length && at <= 4; at += 1) {
    const byte = bytes[at] ?? 0
    length += (byte & 0x7f) * 128 ** (at - 1)
    if (byte < 0x80) {
      const to = at + 1 + length
      return bytes.length >= to ? { from: at + 1, to } : undefined
    }
  }
  return undefined
}

function parse(first: number, body: Buffer, version: number): WirePacket {
  const type = first >> 4
  if (type === CONNECT) return parseConnect(new Cursor(body))
  if (type === PUBLISH) return parsePublish(first, new Cursor(body), version)
  if (type === SUBSCRIBE) return parseSubscribe(new Cursor(body), version)
  if (type === DISCONNECT) return { kind: 'disconnect', reason: body[0] ?? 0 }
  return { kind: 'other', type }
}

function parsePublish(first: number, cursor: Cursor, version: number): WirePublish {
  const qos = (first >> 1) & 3
  const topic = cursor.text()
  if (qos > 0) cursor.short()
  if (version === 5) cursor.properties()
  return { kind: 'publish', topic, qos, retain: (first & 1) === 1, payload: cursor.rest() }
}

function parseConnect(cursor: Cursor): WireConnect {
  cursor.text()
  const version = cursor.byte()
  const flags = cursor.byte()
  cursor.short()
  const properties = version === 5 ? cursor.properties() : Buffer.alloc(0)
  const clientId = cursor.text()
  let will: WireConnect['will']
  if (flags & 4) {
    if (version === 5) cursor.properties()
    const topic = cursor.text()
    const payload = cursor.block()
    will = { topic, payload, qos: (flags >> 3) & 3, retain: (flags & 0x20) !== 0 }
  }
  return {
    kind: 'connect',
    version,
    isClean: (flags & 2) !== 0,
    sessionExpiryS: sessionExpiry(properties),
    clientId,
    will,
  }
}

function parseSubscribe(cursor: Cursor, version: number): WirePacket {
  cursor.short()
  if (version === 5) cursor.properties()
  const filters: { filter: string; qos: number }[] = []
  while (!cursor.isAtEnd) filters.push({ filter: cursor.text(), qos: cursor.byte() & 3 })
  return { kind: 'subscribe', filters }
}

/** How long each property of a CONNECT is behind its identifier, by the table in MQTT 5; those with a text say it themselves. */
const PROPERTY_BYTES: Readonly<Record<number, number>> = { 17: 4, 33: 2, 39: 4, 34: 2, 25: 1, 23: 1 }

function sessionExpiry(properties: Buffer): number {
  for (let at = 0; at < properties.length; ) {
    const id = properties[at] ?? 0
    const length = PROPERTY_BYTES[id]
    if (id === 0x11) return properties.readUInt32BE(at + 1)
    // Texts: one for an authentication method or data, two for a property of the user.
    const texts = id === 0x26 ? 2 : 1
    at += 1
    if (length !== undefined) at += length
    else for (let count = 0; count < texts; count += 1) at += 2 + properties.readUInt16BE(at)
  }
  return 0
}

class Cursor {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }
  byte(): number {
    this.#at += 1
    return this.#bytes.readUInt8(this.#at - 1)
  }
  short(): number {
    this.#at += 2
    return this.#bytes.readUInt16BE(this.#at - 2)
  }
  block(): Buffer {
    const length = this.short()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
  text(): string {
    return this.block().toString('utf8')
  }
  properties(): Buffer {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
  rest(): Buffer {
    return this.#bytes.subarray(this.#at)
  }
}
