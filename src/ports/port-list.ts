/** The serial ports of this computer and the USB devices behind them, as Linux shows them in its folders. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { namesIn, type SystemFolders, textOf } from './system-folders.ts'
import { type UsbDevice, usbDeviceIn } from './usb-devices.ts'

/** A serial port, and the device that it belongs to. */
export interface SerialPortEntry {
  /** `/dev/ttyACM0`: the number is another one after each plugging in. */
  readonly path: string
  /** Null: soldered to the board, or on a card. */
  readonly usb: UsbDevice | null
  /** A device may have several ports. */
  readonly usbInterface: number
  /** The names that udev gives to this port and to no other one. */
  readonly byId: string | null
  readonly byPath: string | null
}

/** All serial ports, in the order of their names. Empty where the system shows none, as in a container. */
export async function listSerialPorts(folders: SystemFolders): Promise<readonly SerialPortEntry[]> {
  const [names, byId, byPath] = await Promise.all([
    namesIn(folders.tty),
    linksIn(folders.byId),
    linksIn(folders.byPath),
  ])
  const entries = await Promise.all(
    names.map(async (name): Promise<SerialPortEntry | undefined> => {
      const device = await realpath(join(folders.tty, name, 'device')).catch(() => undefined)
      if (device === undefined || !(await isReal(join(folders.tty, name)))) return undefined
      const path = join(folders.dev, name)
      const target = await realpath(path).catch(() => path)
      const usb = await usbDeviceAbove(device, folders)
      return {
        path,
        usb: usb?.device ?? null,
        usbInterface: usb?.interfaceNumber ?? 0,
        byId: byId.get(target) ?? null,
        byPath: byPath.get(target) ?? null,
      }
    }),
  )
  return entries.filter((entry) => entry !== undefined)
}

/** Linux shows four ports of a PC whether they are there or not. Those that are not have the type 0. */
async function isReal(folder: string): Promise<boolean> {
  return (await textOf(join(folder, 'type'))) !== '0'
}

/** Where the links of a folder lead: the link by its target. */
async function linksIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const links = await Promise.all(
    (await namesIn(folder)).map(async (name) => {
      const link = join(folder, name)
      const target = await realpath(link).catch(() => undefined)
      return target === undefined ? [] : [[target, link] as const]
    }),
  )
  return new Map(links.flat())
}

/** Above a port in the tree of devices stands its interface, and above that the USB device. */
const LEVELS_MAX = 6

async function usbDeviceAbove(
  device: string,
  folders: SystemFolders,
): Promise<{ readonly device: UsbDevice; readonly interfaceNumber: number } | undefined> {
  let folder = device
  let interfaceNumber = 0
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const number = await textOf(join(folder, 'bInterfaceNumber'))
    if (number !== null) interfaceNumber = Number.parseInt(number, 16)
    const found = await usbDeviceIn(folder, folders)
    if (found) return { device: found, interfaceNumber }
    folder = dirname(folder)
  }
  return undefined
}

/** A link of `/dev/serial/by-id` in its parts: `usb-Honeywell_1950g_21097B1234-if00`. */
interface IdLink {
  readonly path: string
  /** Maker, model and serial number. */
  readonly device: string
  readonly usbInterface: number
}

/** Those that udev has made, in the order of their names. */
export async function listIdLinks(folders: SystemFolders): Promise<readonly IdLink[]> {
  return (await namesIn(folders.byId)).flatMap((name) => {
    const [, device, number] = /^usb-(.+)-if([\da-f]{2})(?:-port\d+)?$/.exec(basename(name)) ?? []
    if (device === undefined || number === undefined) return []
    return [{ path: join(folders.byId, name), device, usbInterface: Number.parseInt(number, 16) }]
  })
}
