/** The serial ports of this computer and the USB devices behind them, as Linux shows them in its folders. */
import { readdir, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { SystemFolders } from '../system-folders.ts'

/** A USB device as it describes itself. */
interface UsbIdentity {
  readonly vendorId: string
  readonly productId: string
  readonly maker: string | null
  readonly product: string | null
  /** Null where it has none: it cannot be told from others of its kind then. */
  readonly serialNumber: string | null
  /** The folder of the device, which is another one in each socket. */
  readonly folder: string
}

export interface SerialPortEntry {
  /** `/dev/ttyACM0`: the number is another one after each plugging in. */
  readonly path: string
  /** Null: soldered to the board, or on a card. */
  readonly usb: UsbIdentity | null
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
      const usb = await usbDeviceAbove(device)
      return {
        path,
        usb: usb?.identity ?? null,
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
): Promise<{ readonly identity: UsbIdentity; readonly interfaceNumber: number } | undefined> {
  let folder = device
  let interfaceNumber = 0
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const number = await textOf(join(folder, 'bInterfaceNumber'))
    if (number !== null) interfaceNumber = Number.parseInt(number, 16)
    const identity = await usbIdentityIn(folder)
    if (identity) return { identity, interfaceNumber }
    folder = dirname(folder)
  }
  return undefined
}

async function usbIdentityIn(folder: string): Promise<UsbIdentity | undefined> {
  const names = ['idVendor', 'idProduct', 'manufacturer', 'product', 'serial']
  const [vendorId, productId, maker = null, product = null, serialNumber = null] = await Promise.all(
    names.map((name) => textOf(join(folder, name))),
  )
  if (!vendorId || !productId) return undefined
  return { vendorId, productId, maker, product, serialNumber, folder }
}

/** Every USB device that has a serial number, whatever it is used as. */
export async function listUsbDevices(folders: SystemFolders): Promise<readonly UsbIdentity[]> {
  const names = await namesIn(folders.usb)
  const found = await Promise.all(names.map((name) => usbIdentityIn(join(folders.usb, name))))
  return found.filter((identity) => identity !== undefined)
}

/** The names in a folder, in order; none where it is not there. */
async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

/** What a file says, without blanks around it; null where it is not there or empty. */
async function textOf(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trim() || null
}

/** A link of `/dev/serial/by-id` in its parts: `usb-Honeywell_1950g_21097B1234-if00`. */
interface IdLink {
  readonly path: string
  /** Maker, model and serial number. */
  readonly device: string
  readonly usbInterface: number
}

export async function listIdLinks(folders: SystemFolders): Promise<readonly IdLink[]> {
  return (await namesIn(folders.byId)).flatMap((name) => {
    const [, device, number] = /^usb-(.+)-if([\da-f]{2})(?:-port\d+)?$/.exec(basename(name)) ?? []
    if (device === undefined || number === undefined) return []
    return [{ path: join(folders.byId, name), device, usbInterface: Number.parseInt(number, 16) }]
  })
}
