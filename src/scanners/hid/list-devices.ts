/** The HID devices that could be scanners, with the names to write into a map. */
import type { SystemFolders } from '../system-folders.ts'
import type { HidMode } from './mode.ts'
import { modeBeforeOpening } from './usb/find-interface.ts'
import { shownName, stableName } from './usb/identity.ts'
import { type HidInterface, hidInterfaces } from './usb/usb-tree.ts'

export interface HidDeviceEntry {
  /** What to write behind `hid:`. Of a device without a serial number it is the socket. */
  readonly name: string
  /** Maker, product and their numbers. */
  readonly shown: string
  readonly socket: string
  readonly serialNumber: string | null
  /** Null: nobody drives it now, so it cannot be told before it is opened. */
  readonly mode: HidMode | null
  /** `usbhid`: the kernel; `usbfs`: a program, such as this gateway; null: nobody. */
  readonly driver: string | null
}

/**
 * One entry for each device, in the order of their sockets. Every keyboard is among them: that it is a scanner, only its maker's
 * name tells. Two devices may have the same name, where a maker gives all of them one serial number.
 */
export async function listHidDevices(folders: SystemFolders): Promise<readonly HidDeviceEntry[]> {
  const usable = (await hidInterfaces(folders)).filter((one) => modeBeforeOpening(one) !== 'none')
  const bySocket = Map.groupBy(usable, ({ device }) => device.port)
  return [...bySocket.values()].flatMap((interfaces) => {
    const pos = interfaces.find((one) => modeBeforeOpening(one) === 'pos')
    const first = pos ?? interfaces[0]
    return first === undefined ? [] : [entryOf(first)]
  })
}

function entryOf(one: HidInterface): HidDeviceEntry {
  const mode = modeBeforeOpening(one)
  return {
    name: stableName(one.device),
    shown: shownName(one.device),
    socket: one.device.port,
    serialNumber: one.device.serial,
    mode: mode === 'none' || mode === undefined ? null : mode,
    driver: one.driver,
  }
}
