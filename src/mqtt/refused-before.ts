/** What a broker of MQTT 5 has said at the login that it will not take: it ends the connection of whoever sends it all the same. */
import type { IConnackPacket } from 'mqtt'

type Limits = NonNullable<IConnackPacket['properties']>

interface Outgoing {
  readonly payload: Buffer | string
  readonly qos: 0 | 1
  readonly retain: boolean
}

/** More than a packet has besides its topic and its payload. */
const PACKET_OVERHEAD_BYTES = 128
const TOO_LARGE = 149
const NO_RETAIN = 154
const NO_QOS = 155

/** The reason code with which the broker would refuse a message; undefined where it takes it. */
export function refusedBefore(
  { maximumPacketSize, maximumQoS, retainAvailable }: Limits,
  topic: string,
  { payload, qos, retain }: Outgoing,
): number | undefined {
  const bytes = Buffer.byteLength(payload) + Buffer.byteLength(topic) + PACKET_OVERHEAD_BYTES
  if (maximumPacketSize !== undefined && bytes > maximumPacketSize) return TOO_LARGE
  if (retain && retainAvailable === false) return NO_RETAIN
  return qos === 1 && maximumQoS === 0 ? NO_QOS : undefined
}
