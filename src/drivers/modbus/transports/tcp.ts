/** Modbus TCP: a connection for all units behind one host and port, whose answers carry the number of their request. */
import { z } from 'zod'
import { anyHostKey, oddHost } from '../../../documents/host.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../settings.ts'
import { connectSocket, endpointText } from './socket.ts'
import { TcpChannel } from './tcp-channel.ts'
import type { Channel, ChannelOptions, Transport } from './transport.ts'

interface TcpSettings extends ModbusSettings {
  readonly host: string
  readonly port: number
}

const tcpSettings: z.ZodType<TcpSettings> = z
  .strictObject({
    host: anyHostKey().describe('Name or IP address of the device or of its gateway.'),
    port: z.int().min(1).max(65_535).default(502),
    ...UNIT_KEYS,
  })
  .transform((keys) => withUnitSettings(keys))

/** `driver: modbus-tcp`. */
export const tcpTransport: Transport<TcpSettings> = {
  protocol: 'modbus-tcp',
  settings: tcpSettings,
  doubtsOf: ({ host }) => {
    const odd = oddHost(host)
    return odd ? [{ key: 'host', ...odd, isRefused: true }] : []
  },
  silenceHint:
    'check the unit id (TCP devices usually take 1 or 255) and whether another client holds the device, or give it a longer timeout',
  misfitHint: 'check that this port speaks Modbus TCP, and the unit id',
  endpointOf: endpointText,
  open: openChannel,
}

async function openChannel(settings: TcpSettings, options: ChannelOptions): Promise<Channel> {
  let channel: TcpChannel | undefined
  // What comes before anything was asked is no answer.
  const { socket, peer } = await connectSocket(settings, options, (bytes) => channel?.take(bytes))
  channel = new TcpChannel(socket, peer, () => options.context.now().monoMs)
  return channel
}
