/** The library that talks to HID devices, as far as it is used here. It is loaded when the first HID scanner is opened. */
import { PortFault } from '../../ports/port-fault.ts'

/** An open interface. `data` brings each report as it came, `error` the news that it is gone. */
export interface HidHandle {
  on(event: 'data', listener: (report: Uint8Array) => void): unknown
  on(event: 'error', listener: (cause: unknown) => void): unknown
  /** What the device says that it is for. */
  getDeviceInfo(): Promise<{ readonly usagePage?: number | undefined; readonly usage?: number | undefined }>
  close(): Promise<void>
}

export interface HidLibrary {
  /** Opens an interface by the kernel's name for it, `1-2.3:1.0`. Why it cannot is not said. */
  open(name: string): Promise<HidHandle>
}

/**
 * Loads node-hid with its libusb driver. On Linux it has two:
 * - libusb takes the interface away from the kernel's keyboard driver while it is open, and gives it back when it is closed. So
 *   nothing that is scanned is typed into a console, where a badge would stand as a login name.
 * - hidraw only listens beside the keyboard driver.
 *
 * The driver is chosen once a process, and both need the system's libusb. Of the library only HIDAsync is used: it reads on a
 * thread of its own, where HID holds one of the few that Node.js has for files and names, and may keep the process from ending.
 * @throws PortFault that says which package is missing
 */
export async function loadHidLibrary(): Promise<HidLibrary> {
  const { setDriverType, HIDAsync, devicesAsync } = await import('node-hid')
  setDriverType('libusb')
  try {
    // Its native part is loaded with the first call only. No device has this number, so none is opened for it.
    await devicesAsync(0xffff, 0xffff)
  } catch (cause) {
    throw notLoaded(cause)
  }
  return { open: (name) => HIDAsync.open(name) }
}

function notLoaded(cause: unknown): PortFault {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (message.includes('libusb-1.0')) {
    return new PortFault('port-library', {
      what: 'HID devices cannot be used: the system has no libusb-1.0.so.0',
      hint: 'install its package: libusb-1.0-0 (Debian, Ubuntu, SUSE), libusb1 (Red Hat, Fedora) or libusb (Alpine)',
      cause,
    })
  }
  return new PortFault('port-library', {
    what: `HID devices cannot be used: ${message}`,
    hint: 'install the gateway again on this computer, or set the scanner to its serial mode',
    cause,
  })
}
