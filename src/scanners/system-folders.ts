/** Where Linux shows its ports. Tests lay out folders of their own. */
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

export const LINUX: SystemFolders = {
  dev: '/dev',
  byId: '/dev/serial/by-id',
  byPath: '/dev/serial/by-path',
  tty: '/sys/class/tty',
  usb: '/sys/bus/usb/devices',
  proc: '/proc',
}
