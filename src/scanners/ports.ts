/** Every port of this computer that a scanner may be on, with the key to write into its map: for whoever sets up a station. */
import { realpath } from 'node:fs/promises'
import { faultBeforeOpening } from '../ports/open-faults.ts'
import type { PortFault } from '../ports/port-fault.ts'
import { listSerialPorts, type SerialPortEntry } from '../ports/port-list.ts'
import { LINUX, type SystemFolders } from '../ports/system-folders.ts'
import { faultOfInterface } from './hid/open-interface.ts'
import { modeBeforeOpening } from './hid/usb/find-interface.ts'
import { stableName } from './hid/usb/identity.ts'
import { type HidInterface, hidInterfaces } from './hid/usb/usb-tree.ts'

/** A port as it can be listed without opening it. */
export interface ListedPort {
  /** What stands below `port:` in the map of a scanner there. */
  readonly key: string
  readonly value: string
  /** `serial`, or how a HID device is set: `keyboard`, `pos`. */
  readonly kind: 'serial' | 'keyboard' | 'pos' | 'hid'
  /** What the device says of itself; null where it says nothing, or is no USB device. */
  readonly name: string | null
  /** Where it is today. */
  readonly where: string
  /** Why it cannot be opened now, and what to do about it; null where nothing is known to be in the way. */
  readonly fault: { readonly code: string; readonly what: string; readonly hint: string } | null
}

/** Serial ports first. Keyboards that people type on are among the others: nothing distinguishes them from scanners. */
export async function listPorts(folders: SystemFolders = LINUX): Promise<readonly ListedPort[]> {
  const [serial, hid] = await Promise.all([listSerialPorts(folders), hidInterfaces(folders)])
  // One after the other: looking for the program that holds a port reads thousands of links.
  const ports: ListedPort[] = []
  for (const entry of serial) ports.push(await serialPort(entry, serial, folders))
  for (const one of hid) {
    if (modeBeforeOpening(one) !== 'none') ports.push(await hidPort(one, hid, folders))
  }
  return ports
}

async function serialPort(
  entry: SerialPortEntry,
  all: readonly SerialPortEntry[],
  folders: SystemFolders,
): Promise<ListedPort> {
  const { path, usb } = entry
  const device = await realpath(path).catch(() => path)
  return {
    ...serialKey(entry, all),
    kind: 'serial',
    name: nameOf(usb?.maker, usb?.product),
    where: path,
    fault: shownFault(await faultBeforeOpening(device, folders.proc)),
  }
}

/** The serial number finds a device in every socket; a link by its socket stays as long as it is not moved. */
function serialKey(
  { path, usb, usbInterface, byId, byPath }: SerialPortEntry,
  all: readonly SerialPortEntry[],
): Pick<ListedPort, 'key' | 'value'> {
  if (usb === null || usb.serialNumber === null) return { key: 'serial', value: byPath ?? byId ?? path }
  const sameNumber = all.filter((other) => other.usb?.serialNumber === usb.serialNumber)
  const isOneDevice = sameNumber.every((other) => other.usb?.port === usb.port)
  if (!isOneDevice) return { key: 'serial', value: byPath ?? path }
  // Of a device with several ports its serial number means the first one.
  const isFirst = sameNumber.every((other) => other.usbInterface >= usbInterface)
  return isFirst
    ? { key: 'usb_serial', value: usb.serialNumber }
    : { key: 'serial', value: byId ?? byPath ?? path }
}

async function hidPort(
  one: HidInterface,
  all: readonly HidInterface[],
  folders: SystemFolders,
): Promise<ListedPort> {
  const { device } = one
  const name = stableName(device)
  const twins = all.filter((other) => other.device.port !== device.port && stableName(other.device) === name)
  const mode = modeBeforeOpening(one)
  return {
    key: 'hid',
    value: twins.length > 0 ? device.port : name,
    kind: mode === 'keyboard' || mode === 'pos' ? mode : 'hid',
    name: nameOf(device.maker, device.product),
    where: `USB socket ${device.port}`,
    fault: shownFault(await faultOfInterface(one, folders)),
  }
}

function nameOf(maker: string | null | undefined, product: string | null | undefined): string | null {
  return [maker, product].filter((word) => word).join(' ') || null
}

function shownFault(fault: PortFault | undefined): ListedPort['fault'] {
  return fault ? { code: fault.code, what: fault.message, hint: fault.hint } : null
}
