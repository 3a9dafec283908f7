/** Modbus RTU on a serial port of this computer: RS-485 with up to 32 units, or RS-232 with one. */
import { z } from 'zod'
import { findUsbPort } from '../../../ports/find-usb.ts'
import { PortFault } from '../../../ports/port-fault.ts'
import { BAUD_RATES, type BitSettings, openSerialPort } from '../../../ports/serial-port.ts'
import { LINUX, type SystemFolders } from '../../../ports/system-folders.ts'
import { LineFault } from '../line-faults.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../settings.ts'
import { RtuChannel } from './rtu-channel.ts'
import { doubtsOfUnit, RTU_MISFIT_HINT } from './rtu-units.ts'
import type { Channel, ChannelOptions, Transport } from './transport.ts'

const PARITIES = ['none', 'even', 'odd'] as const
/** A start bit stands before each character. */
const START_BITS = 1
/** A unit that does not answer is tried again within a second: the port stays open for it. */
const LINGER_MS = 3_000

interface SerialSettings extends ModbusSettings, BitSettings {
  readonly path: string | undefined
  readonly usbSerial: string | undefined
}

const PATH_HINT = 'the path of a port, as in /dev/ttyS0 or /dev/serial/by-id/…'

const serialSettings: z.ZodType<SerialSettings> = z
  .strictObject({
    path: z
      .string({ error: PATH_HINT })
      .regex(/^\//, { error: PATH_HINT })
      .optional()
      .describe(
        'The port, as millrace ports lists it. The number in /dev/ttyUSB0 changes: write a link below /dev/serial/by-id, or usb_serial.',
      ),
    usb_serial: z
      .string({ error: 'the USB serial number within quotes, as millrace ports shows it' })
      .trim()
      .min(1)
      .optional()
      .describe(
        'Instead of path: the USB serial number of the adapter, by which it is found in every socket.',
      ),
    baud: z
      .literal(BAUD_RATES)
      .default(9_600)
      .describe('Speed of the line: what all of its devices are set to.'),
    parity: z
      .enum(PARITIES)
      .default('none')
      .describe('What all devices of the line are set to. The standard says even, many devices none.'),
    data_bits: z
      .literal(8, {
        error: '8: Modbus RTU has no other; 7 is Modbus ASCII, to which the device can be switched',
      })
      .default(8),
    stop_bits: z
      .literal([1, 2])
      .default(1)
      .describe(
        'What all devices of the line are set to. Without parity the standard says 2, many devices 1.',
      ),
    ...UNIT_KEYS,
  })
  .superRefine(({ path, usb_serial }, { addIssue }) => {
    if ((path === undefined) === (usb_serial === undefined)) {
      const message =
        path === undefined
          ? 'has no port: write path: or usb_serial:'
          : 'has two ports: leave path or usb_serial out'
      addIssue({ code: 'custom', path: [], message })
    }
  })
  .transform(({ usb_serial: usbSerial, data_bits: dataBits, stop_bits: stopBits, ...keys }) => ({
    ...withUnitSettings(keys),
    path: keys.path,
    usbSerial,
    dataBits,
    stopBits,
  }))

/** `driver: modbus-rtu`. */
export function createSerialTransport(folders: SystemFolders = LINUX): Transport<SerialSettings> {
  return {
    protocol: 'modbus-rtu',
    settings: serialSettings,
    doubtsOf: ({ unit }) => doubtsOfUnit(unit),
    silenceHint:
      'check the unit id, the power of the device and the cable (A and B swapped?); then baud, parity and stop bits: a device to which they are wrong hears only noise, and is silent',
    misfitHint: RTU_MISFIT_HINT,
    endpointOf: (settings) => `${portText(settings)} (${bitsText(settings)})`,
    open: (settings, options) => openChannel(settings, options, folders),
  }
}

function portText({ path, usbSerial }: SerialSettings): string {
  return path ?? `USB serial number ${usbSerial}`
}

/** As data sheets write it: `9600 8N1`. */
function bitsText({ baud, parity, dataBits, stopBits }: SerialSettings): string {
  return `${baud} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`
}

async function openChannel(
  settings: SerialSettings,
  { context, lost, unanswered }: ChannelOptions,
  folders: SystemFolders,
): Promise<Channel> {
  const faultOf = (fault: unknown) => (fault instanceof PortFault ? lineFault(fault) : fault)
  try {
    const port = await openSerialPort({
      path: settings.path ?? (await findUsbPort(settings.usbSerial ?? '', folders)),
      settings,
      clock: context,
      proc: folders.proc,
      bytes: (bytes) => channel.take(bytes),
      lost: (fault) => lost(lineFault(fault)),
    })
    const channel = new RtuChannel({
      wire: {
        // A port that takes no bytes is gone, which it says itself.
        send: (frame) => void port.send(frame).catch(() => {}),
        close: () => port.close(),
      },
      unanswered,
      clock: context,
      characterMs: characterMsOf(settings),
      mayForgetUs: false,
      lingerMs: LINGER_MS,
    })
    return channel
  } catch (error) {
    throw faultOf(error)
  }
}

function characterMsOf({ baud, parity, dataBits, stopBits }: BitSettings): number {
  const bits = START_BITS + dataBits + (parity === 'none' ? 0 : 1) + stopBits
  return (bits * 1_000) / baud
}

function lineFault({ code, message, hint, cause }: PortFault): LineFault {
  return new LineFault(code, message, { hint, cause })
}
