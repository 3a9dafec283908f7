/**
 * The USB devices of this computer, read from the kernel's files below /sys. Everybody may read them, so a scanner that this user
 * may not open is still seen, with its serial number.
 */
import { basename, join } from 'node:path'
import { namesIn, type SystemFolders, textOf } from './system-folders.ts'

/** A USB device as it describes itself. */
export interface UsbDevice {
  /** Where it is plugged in: `1-2.3` is bus 1, port 2 of the computer, port 3 of the hub there. */
  readonly port: string
  readonly vendorId: number
  readonly productId: number
  /** Null where it has none: nothing distinguishes it from others of its kind then. */
  readonly serialNumber: string | null
  readonly maker: string | null
  readonly product: string | null
  /** The file by which libusb opens it: `/dev/bus/usb/001/005`. */
  readonly node: string
}

/** All that there are, whatever they are used as. */
export async function listUsbDevices(folders: SystemFolders): Promise<readonly UsbDevice[]> {
  const names = await namesIn(folders.usb)
  const found = await Promise.all(names.map((name) => usbDeviceIn(join(folders.usb, name), folders)))
  return found.filter((device) => device !== undefined)
}

/** The device that a folder is of; undefined where it is none's, or was unplugged while it was read. */
export async function usbDeviceIn(folder: string, { dev }: SystemFolders): Promise<UsbDevice | undefined> {
  const text = (name: string) => textOf(join(folder, name))
  const hex = async (name: string) => Number.parseInt((await text(name)) ?? '', 16)
  const padded = async (name: string) => ((await text(name)) ?? '').padStart(3, '0')
  const [vendorId, productId] = [await hex('idVendor'), await hex('idProduct')]
  if (Number.isNaN(vendorId) || Number.isNaN(productId)) return undefined
  return {
    port: basename(folder),
    vendorId,
    productId,
    serialNumber: await text('serial'),
    maker: await text('manufacturer'),
    product: await text('product'),
    node: join(dev, 'bus/usb', await padded('busnum'), await padded('devnum')),
  }
}
