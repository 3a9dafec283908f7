/** Finds the port of a scanner or an adapter by its USB serial number, wherever it is plugged in and whatever number its port has today. */

import { PortFault } from './port-fault.ts'
import { listIdLinks, listSerialPorts } from './port-list.ts'
import type { SystemFolders } from './system-folders.ts'
import { listUsbDevices } from './usb-devices.ts'

/** A port of a device. */
interface Candidate {
  readonly path: string
  /** The device that it belongs to. */
  readonly device: string
  readonly usbInterface: number
}

/**
 * The path of the port.
 * @throws PortFault where there is no such device, or where there are two
 */
export async function findUsbPort(serialNumber: string, folders: SystemFolders): Promise<string> {
  const shown = await fromSystem(serialNumber, folders)
  // In a container the system may show nothing of its devices, while the links of udev are handed in.
  const candidates = shown.length > 0 ? shown : await fromLinks(serialNumber, folders)
  const devices = new Set(candidates.map(({ device }) => device))
  const [first] = candidates.toSorted((a, b) => a.usbInterface - b.usbInterface)
  if (!first) throw await missing(serialNumber, folders)
  if (devices.size > 1) throw ambiguous(serialNumber, candidates)
  return first.path
}

async function fromSystem(serialNumber: string, folders: SystemFolders): Promise<readonly Candidate[]> {
  return (await listSerialPorts(folders)).flatMap(({ path, usb, usbInterface }) =>
    usb?.serialNumber === serialNumber ? [{ path, device: usb.port, usbInterface }] : [],
  )
}

async function fromLinks(serialNumber: string, folders: SystemFolders): Promise<readonly Candidate[]> {
  const links = await listIdLinks(folders)
  return links.filter(({ device }) => device.endsWith(`_${asUdevWrites(serialNumber)}`))
}

/** udev allows only some characters in its names. */
function asUdevWrites(text: string): string {
  return text.replaceAll(/\s+/g, '_').replaceAll(/[^\w#+.:=@-]/g, '_')
}

async function missing(serialNumber: string, folders: SystemFolders): Promise<PortFault> {
  const [ports, devices] = await Promise.all([listSerialPorts(folders), listUsbDevices(folders)])
  const other = devices.find((device) => device.serialNumber === serialNumber)
  if (other) {
    const name = [other.maker, other.product].filter((word) => word !== null).join(' ')
    return new PortFault('port-not-serial', {
      what: `the USB device ${serialNumber}${name && ` (${name})`} is plugged in, but is no serial port`,
      hint: 'scan the code that sets it to USB serial (CDC) in its manual, or write hid: in the map; docs/scanners.md says which to choose',
    })
  }
  const there = ports.flatMap(({ usb }) => usb?.serialNumber ?? [])
  return new PortFault('port-missing', {
    what: `no USB device with the serial number ${serialNumber} is plugged in`,
    hint:
      there.length > 0
        ? `check its cable; as serial ports there are ${there.join(', ')}`
        : 'check its cable; millrace ports lists what is there',
  })
}

function ambiguous(serialNumber: string, candidates: readonly Candidate[]): PortFault {
  return new PortFault('port-ambiguous', {
    what: `several USB devices have the serial number ${serialNumber}: ${candidates.map(({ path }) => path).join(', ')}`,
    hint: 'tell them apart by the socket that each is plugged into: write serial: with a path of /dev/serial/by-path, which millrace ports lists',
  })
}
