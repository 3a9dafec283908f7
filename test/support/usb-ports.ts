/** The folders in which Linux shows serial ports and USB devices, laid out by a test: real files, real links, other paths. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LINUX, type SystemFolders } from '../../src/ports/system-folders.ts'

interface UsbDevice {
  /** The socket: `1-2`. */
  readonly socket: string
  readonly serialNumber?: string
  readonly product?: string
  readonly maker?: string
}

/** A scanner with a serial port over USB. */
export const GRANIT = {
  socket: '1-2',
  serialNumber: '21097B1234',
  product: 'Granit 1950g',
  maker: 'Honeywell',
}

export interface UsbPorts extends AsyncDisposable {
  readonly root: string
  readonly folders: SystemFolders
  /** Shows a device. @returns its folder */
  add(device: UsbDevice): Promise<string>
  /** Shows a port of a device, which is opened at `target`. @returns the path of the port */
  addPort(name: string, device: UsbDevice, target: string, usbInterface?: number): Promise<string>
  /** The device is pulled out, and its port with it. */
  removePort(name: string, device: UsbDevice): Promise<void>
}

export async function usbPorts(): Promise<UsbPorts> {
  const root = await mkdtemp(join(tmpdir(), 'millrace-usb-'))
  const folders: SystemFolders = {
    dev: join(root, 'dev'),
    byId: join(root, 'dev/serial/by-id'),
    byPath: join(root, 'dev/serial/by-path'),
    tty: join(root, 'sys/class/tty'),
    usb: join(root, 'sys/bus/usb/devices'),
    proc: LINUX.proc,
  }
  for (const folder of [folders.byId, folders.byPath, folders.tty, folders.usb]) {
    await mkdir(folder, { recursive: true })
  }
  async function add({ socket, serialNumber, product, maker }: UsbDevice): Promise<string> {
    const folder = join(folders.usb, socket)
    await mkdir(folder, { recursive: true })
    const files = { idVendor: '0c2e', idProduct: '0b61', serial: serialNumber, product, manufacturer: maker }
    for (const [name, text] of Object.entries(files)) {
      if (text !== undefined) await writeFile(join(folder, name), `${text}\n`)
    }
    return folder
  }
  return {
    root,
    folders,
    add,
    addPort: async (name, device, target, usbInterface = 0) => {
      const number = usbInterface.toString(16).padStart(2, '0')
      const parent = join(await add(device), `${device.socket}:1.${usbInterface}`)
      await mkdir(parent, { recursive: true })
      await writeFile(join(parent, 'bInterfaceNumber'), `${number}\n`)
      await mkdir(join(folders.tty, name))
      const path = join(folders.dev, name)
      await symlink(target, path)
      await symlink(parent, join(folders.tty, name, 'device'))
      return path
    },
    removePort: async (name, { socket }) => {
      await rm(join(folders.usb, socket), { recursive: true, force: true })
      await rm(join(folders.tty, name), { recursive: true, force: true })
      await rm(join(folders.dev, name), { force: true })
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}
