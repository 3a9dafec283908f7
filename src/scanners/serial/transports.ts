/** `port: {serial: PATH}` and `port: {usb_serial: ID}`: scanners on a serial port, found by the name of the port or by their own. */
import { z } from 'zod'
import type { ScannerTransport } from '../../domain/scanner.ts'
import { findUsbPort } from '../../ports/find-usb.ts'
import { PortFault, portLost } from '../../ports/port-fault.ts'
import type { SystemFolders } from '../../ports/system-folders.ts'
import { type ByteLine, type Opening, openByteLink } from '../byte-link.ts'
import { openSerialLine } from './serial-line.ts'
import { LINE_KEYS, type LineSettings, lineSettings } from './settings.ts'

interface SerialSettings extends LineSettings {
  readonly path: string
}

interface UsbSerialSettings extends LineSettings {
  readonly serialNumber: string
}

const PATH_HINT = 'the path of a port, as in /dev/ttyS0 or /dev/serial/by-id/…'
const NUMBER_HINT = 'the USB serial number within quotes, as millrace ports shows it'

const serialSettings: z.ZodType<SerialSettings> = z
  .strictObject({
    serial: z
      .string({ error: PATH_HINT })
      .regex(/^\//, { error: PATH_HINT })
      .describe('The path of the port. Of USB devices the number in it changes: write usb_serial for them.'),
    ...LINE_KEYS,
  })
  .transform(({ serial, ...line }) => ({ path: serial, ...lineSettings(line) }))

const usbSerialSettings: z.ZodType<UsbSerialSettings> = z
  .strictObject({
    usb_serial: z
      .string({ error: NUMBER_HINT })
      .trim()
      .min(1, { error: NUMBER_HINT })
      .describe('The USB serial number of the scanner, within quotes. It is found by it in every socket.'),
    ...LINE_KEYS,
  })
  .transform(({ usb_serial, ...line }) => ({ serialNumber: usb_serial, ...lineSettings(line) }))

export function createSerialTransport(folders: SystemFolders): ScannerTransport<SerialSettings> {
  const open = (opening: Opening<SerialSettings>) =>
    openPortOf(opening, folders, async ({ path }) => ({ path }))
  return {
    key: 'serial',
    settings: serialSettings,
    connect: (scanner, context, signal) => openByteLink(open, scanner, context, signal),
  }
}

export function createUsbSerialTransport(folders: SystemFolders): ScannerTransport<UsbSerialSettings> {
  const open = (opening: Opening<UsbSerialSettings>) =>
    openPortOf(opening, folders, async ({ serialNumber }) => ({
      path: await findUsbPort(serialNumber, folders),
      identity: `USB serial number ${serialNumber}`,
    }))
  return {
    key: 'usb_serial',
    settings: usbSerialSettings,
    connect: (scanner, context, signal) => openByteLink(open, scanner, context, signal),
  }
}

/** @throws LinkLost */
async function openPortOf<Settings extends LineSettings>(
  { scanner, context, events }: Opening<Settings>,
  { proc }: SystemFolders,
  find: (settings: Settings) => Promise<{ readonly path: string; readonly identity?: string }>,
): Promise<ByteLine> {
  const { id, settings } = scanner
  try {
    return await openSerialLine({ scanner: id, ...(await find(settings)), settings, context, events, proc })
  } catch (error) {
    throw error instanceof PortFault ? portLost(id, error) : error
  }
}
