/** Modbus RTU through a network: a converter passes the bytes of its serial line on as they are, check sums included. */
import { z } from 'zod'
import { anyHostKey, oddHost } from '../../../documents/host.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../settings.ts'
import { RtuChannel } from './rtu-channel.ts'
import { doubtsOfUnit, RTU_MISFIT_HINT } from './rtu-units.ts'
import { connectSocket, endpointText } from './socket.ts'
import type { Channel, ChannelOptions, Transport } from './transport.ts'

interface RtuOverTcpSettings extends ModbusSettings {
  readonly host: string
  readonly port: number
}

const rtuOverTcpSettings: z.ZodType<RtuOverTcpSettings> = z
  .strictObject({
    host: anyHostKey().describe('Name or IP address of the converter.'),
    port: z
      .int({ error: 'the TCP port of the serial line, as the converter is set to' })
      .min(1)
      .max(65_535)
      .describe(
        'The TCP port of the serial line; what the converter is set to, as each maker has another one.',
      ),
    ...UNIT_KEYS,
  })
  .transform((keys) => withUnitSettings(keys))

/** `driver: modbus-rtu-over-tcp`. */
export const rtuOverTcpTransport: Transport<RtuOverTcpSettings> = {
  protocol: 'modbus-rtu-over-tcp',
  settings: rtuOverTcpSettings,
  doubtsOf: ({ host, unit }) => {
    const odd = oddHost(host)
    return [...(odd ? [{ key: 'host', ...odd, isRefused: true }] : []), ...doubtsOfUnit(unit)]
  },
  silenceHint:
    'check that the converter is set to pass bytes on as they are (raw TCP, transparent), its baud, parity and stop bits, then the unit id, the power of the device and the cable (A and B swapped?)',
  misfitHint: RTU_MISFIT_HINT,
  endpointOf: (settings) => `${endpointText(settings)} (RTU)`,
  open: openChannel,
}

async function openChannel(settings: RtuOverTcpSettings, options: ChannelOptions): Promise<Channel> {
  const { context, unanswered } = options
  const { socket, peer } = await connectSocket(settings, options)
  const channel = new RtuChannel({
    wire: {
      peer,
      send: (frame) => void socket.write(frame),
      close: async () => void socket.destroy(),
    },
    unanswered,
    clock: context,
    characterMs: 0,
    mayForgetUs: true,
    lingerMs: 0,
  })
  socket.on('data', (data) => channel.take(data))
  return channel
}
