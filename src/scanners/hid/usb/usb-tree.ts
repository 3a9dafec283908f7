/**
 * Which USB interfaces of the class HID the kernel knows, read from its files below /sys. The library could list devices too, but
 * opens each one on the machine for it, at every attempt.
 */
import { readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { namesIn, type SystemFolders, textOf } from '../../../ports/system-folders.ts'
import { type UsbDevice, usbDeviceIn } from '../../../ports/usb-devices.ts'

/** One of a device's interfaces: a scanner may have several, each with reports of its own. */
export interface HidInterface {
  readonly device: UsbDevice
  /** `1-2.3:1.0`: the name of the kernel, and of libusb. */
  readonly name: string
  readonly number: number
  /** It says of itself that it is a keyboard that a PC's firmware can read. */
  readonly isBootKeyboard: boolean
  /** Who drives it: `usbhid` is the kernel, `usbfs` a program; null: nobody. */
  readonly driver: string | null
  /** Its report descriptor. Null while the kernel does not drive it. */
  readonly descriptor: Uint8Array | null
  /** The files that the kernel's driver has made for it, such as `hidraw3` and `event7`. */
  readonly nodes: readonly string[]
  /** The kernel was asked to take nothing from it as input, as the udev rule of docs/scanners.md does. */
  readonly isInhibited: boolean
}

const HID_CLASS = '03'
const KEYBOARD_PROTOCOL = '01'

/** All that there are, in the order of their names. */
export async function hidInterfaces(folders: SystemFolders): Promise<readonly HidInterface[]> {
  const names = (await namesIn(folders.usb)).filter((name) => name.includes(':')).toSorted()
  const found = await Promise.all(names.map((name) => readInterface(folders, name)))
  return found.filter((one) => one !== undefined)
}

async function readInterface(folders: SystemFolders, name: string): Promise<HidInterface | undefined> {
  const folder = join(folders.usb, name)
  if ((await textOf(join(folder, 'bInterfaceClass'))) !== HID_CLASS) return undefined
  const device = await usbDeviceIn(join(folders.usb, name.slice(0, name.indexOf(':'))), folders)
  if (device === undefined) return undefined
  const hid = await kernelFolder(folder)
  const driver = await readlink(join(folder, 'driver')).catch(() => null)
  return {
    device,
    name,
    number: Number.parseInt((await textOf(join(folder, 'bInterfaceNumber'))) ?? '0', 16),
    isBootKeyboard: (await textOf(join(folder, 'bInterfaceProtocol'))) === KEYBOARD_PROTOCOL,
    driver: driver === null ? null : basename(driver),
    descriptor: hid === null ? null : await readFile(join(hid, 'report_descriptor')).catch(() => null),
    nodes: hid === null ? [] : await nodesIn(hid),
    isInhibited: hid !== null && (await isInhibited(hid)),
  }
}

/** The kernel's HID layer has a folder of its own in that of the interface: `0003:0C2E:0B61.0004`. */
async function kernelFolder(folder: string): Promise<string | null> {
  const name = (await namesIn(folder)).find((one) => /^[\dA-F]{4}:[\dA-F]{4}:[\dA-F]{4}\./.test(one))
  return name === undefined ? null : join(folder, name)
}

/** `hidraw/hidraw3` and `input/input12/event7` below the folder of the HID layer. */
async function nodesIn(hid: string): Promise<readonly string[]> {
  const inputs = await namesIn(join(hid, 'input'))
  const events = await Promise.all(inputs.map((input) => namesIn(join(hid, 'input', input))))
  const nodes = [...(await namesIn(join(hid, 'hidraw'))), ...events.flat()]
  return nodes.filter((name) => /^(hidraw|event)\d+$/.test(name))
}

/** Since Linux 5.11 each input device has a file for it. */
async function isInhibited(hid: string): Promise<boolean> {
  const inputs = await namesIn(join(hid, 'input'))
  const switches = await Promise.all(inputs.map((input) => textOf(join(hid, 'input', input, 'inhibited'))))
  return switches.length > 0 && switches.every((text) => text === '1')
}
