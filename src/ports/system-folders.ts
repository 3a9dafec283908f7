/** Where Linux shows its ports, and how its files there are read. */
import { readdir, readFile } from 'node:fs/promises'

/** Tests lay out folders of their own. */
export interface SystemFolders {
  /** Device nodes. */
  readonly dev: string
  /** Links that udev names after the maker, the model and the serial number of a USB device. */
  readonly byId: string
  /** Links that udev names after the socket into which a device is plugged. */
  readonly byPath: string
  /** A folder for each terminal device, with a link to the device that it belongs to. */
  readonly tty: string
  /** A folder for each USB device. */
  readonly usb: string
  /** A folder for each process. */
  readonly proc: string
}

/** Those of the system itself. */
export const LINUX: SystemFolders = {
  dev: '/dev',
  byId: '/dev/serial/by-id',
  byPath: '/dev/serial/by-path',
  tty: '/sys/class/tty',
  usb: '/sys/bus/usb/devices',
  proc: '/proc',
}

/** The names in a folder, in order; none where it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

/** What a file says, without blanks around it; null where it is not there or empty. */
export async function textOf(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trim() || null
}
