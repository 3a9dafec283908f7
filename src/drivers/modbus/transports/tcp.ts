/** Modbus TCP: a connection for each device, whose answers carry the number of their request. */
import { z } from 'zod'
import { hostKey } from '../../../documents/host.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../settings.ts'
import { createLibraryClient, readWith } from './library-client.ts'
import { connectSocket, endpointText, resetFault } from './socket.ts'
import type { Channel, ChannelOptions, Transport } from './transport.ts'

interface TcpSettings extends ModbusSettings {
  readonly host: string
  readonly port: number
}

const tcpSettings: z.ZodType<TcpSettings> = z
  .strictObject({
    host: hostKey().describe('Name or IP address of the device or of its gateway.'),
    port: z.int().min(1).max(65_535).default(502),
    ...UNIT_KEYS,
  })
  .transform((keys) => withUnitSettings(keys))

/** `driver: modbus-tcp`. */
export const tcpTransport: Transport<TcpSettings> = {
  protocol: 'modbus-tcp',
  settings: tcpSettings,
  isShared: false,
  silenceHint: 'check the unit id (TCP devices usually take 1 or 255), or give it a longer timeout',
  endpointOf: endpointText,
  open: openChannel,
}

async function openChannel(settings: TcpSettings, options: ChannelOptions): Promise<Channel> {
  const client = await createLibraryClient()
  const socket = await connectSocket(settings, options.context, options.signal)
  const lost = (error?: unknown) => options.lost(resetFault(settings, error))
  client.on('error', lost)
  socket.on('error', lost)
  socket.on('close', () => lost())
  await client.linkTCP(socket, { port: settings.port })
  const onLine = {
    client,
    endpoint: endpointText(settings),
    malformedHint: 'check that this port speaks Modbus TCP, and the unit id',
  }
  return {
    // A new connection is there at once, and no answer to a request of the old one can reach it.
    restMs: null,
    read: (unit, request) => readWith(onLine, unit, request),
    close: async () => {
      socket.destroy()
    },
  }
}
