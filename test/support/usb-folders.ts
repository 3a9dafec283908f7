/**
 * USB devices as Linux shows them in its folders, and a library that opens them. What the kernel does when an interface is taken
 * from its driver is done to the folders, so that the gateway sees what it would see.
 */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LINUX, type SystemFolders } from '../../src/ports/system-folders.ts'
import type { HidHandle, HidLibrary } from '../../src/scanners/hid/library.ts'

interface UsbInterfaceEntry {
  readonly descriptor: string
  readonly isBootKeyboard?: boolean
  /** The files that the kernel makes for it. */
  readonly hidraw?: string
  readonly event?: string
  /** A udev rule has switched it off as an input device. */
  readonly isInhibited?: boolean
}

export interface UsbDeviceEntry {
  readonly port: string
  readonly vendor: string
  readonly product: string
  readonly names?: readonly [maker: string, product: string]
  readonly serial?: string
  /** The number that the bus gives it; another one each time that it is plugged in. */
  readonly number: number
  readonly interfaces: readonly UsbInterfaceEntry[]
}

/** The report of appendix B of the HID definition. */
export const KEYBOARD_DESCRIPTOR =
  '05010906a101050719e029e71500250175019508810295017508810195057501050819012905910295017503910195067508150025650507190029658100c0'
/** A barcode scanner with 62 bytes: length, AIM identifier, 56 bytes of data, a flag. */
export const POS_DESCRIPTOR =
  '058c0902a101850209 12a102150026ff007508950105 01093b81029503058c09fb09fc09fd8102953809fe82020125017501950109ff810275078103c0c0'
/** A page of the maker. */
export const VENDOR_DESCRIPTOR = '0600ff0901a1011500 26ff0075089540090181 02c0'

export class UsbFolders {
  readonly folders: SystemFolders
  readonly library = new PlayedLibrary(this)
  readonly #root: string
  readonly #plugged = new Map<string, UsbDeviceEntry>()

  constructor(root: string) {
    this.#root = root
    this.folders = { ...LINUX, dev: join(root, 'dev'), usb: join(root, 'sys/bus/usb/devices') }
  }

  async plugIn(device: UsbDeviceEntry): Promise<void> {
    this.#plugged.set(device.port, device)
    const { port, vendor, product, names = [], serial, number } = device
    await this.#write(`${port}/idVendor`, vendor)
    await this.#write(`${port}/idProduct`, product)
    await this.#write(`${port}/busnum`, '1')
    await this.#write(`${port}/devnum`, String(number))
    if (serial !== undefined) await this.#write(`${port}/serial`, serial)
    if (names[0] !== undefined) await this.#write(`${port}/manufacturer`, names[0])
    if (names[1] !== undefined) await this.#write(`${port}/product`, names[1])
    await mkdir(join(this.folders.dev, 'bus/usb/001'), { recursive: true })
    await writeFile(this.nodeOf(device), '')
    for (const index of device.interfaces.keys()) await this.drive(device, index, 'usbhid')
  }

  async unplug(device: UsbDeviceEntry): Promise<void> {
    this.#plugged.delete(device.port)
    await rm(join(this.folders.usb, device.port), { recursive: true })
    for (const index of device.interfaces.keys())
      await rm(join(this.folders.usb, `${device.port}:1.${index}`), { recursive: true })
    await rm(this.nodeOf(device))
    this.library.unplug(device.port)
  }

  nodeOf({ number }: UsbDeviceEntry): string {
    return join(this.folders.dev, 'bus/usb/001', String(number).padStart(3, '0'))
  }

  /** Who drives an interface: the kernel, which then shows its descriptor and makes files for it; a program; or nobody. */
  async drive(device: UsbDeviceEntry, index: number, driver: 'usbhid' | 'usbfs' | null): Promise<void> {
    const entry = device.interfaces[index]
    const name = `${device.port}:1.${index}`
    if (!entry) throw new Error(`${name} is not there`)
    await rm(join(this.folders.usb, name), { recursive: true, force: true })
    await this.#write(`${name}/bInterfaceClass`, '03')
    await this.#write(`${name}/bInterfaceProtocol`, entry.isBootKeyboard ? '01' : '00')
    if (driver !== null)
      await symlink(join(this.#root, 'drivers', driver), join(this.folders.usb, name, 'driver'))
    if (driver === 'usbhid') await this.#showToKernel(name, device, entry)
  }

  /** What a library does when it opens an interface. */
  async take(name: string): Promise<void> {
    const [port = '', index = ''] = name.split(':1.')
    const device = this.#plugged.get(port)
    if (!device) throw new Error(`cannot open device with path ${name}: hid_error is not implemented yet`)
    await this.drive(device, Number(index), 'usbfs')
  }

  /** And when it closes it. */
  async giveBack(name: string): Promise<void> {
    const [port = '', index = ''] = name.split(':1.')
    const device = this.#plugged.get(port)
    if (device) await this.drive(device, Number(index), 'usbhid')
  }

  entryOf(name: string): UsbInterfaceEntry | undefined {
    const [port = '', index = ''] = name.split(':1.')
    return this.#plugged.get(port)?.interfaces[Number(index)]
  }

  async #showToKernel(name: string, device: UsbDeviceEntry, entry: UsbInterfaceEntry): Promise<void> {
    const hid = `${name}/0003:${device.vendor.toUpperCase()}:${device.product.toUpperCase()}.0001`
    await this.#write(`${hid}/report_descriptor`, Buffer.from(entry.descriptor.replaceAll(' ', ''), 'hex'))
    if (entry.hidraw) await this.#write(`${hid}/hidraw/${entry.hidraw}/uevent`, '')
    if (entry.event) await this.#write(`${hid}/input/input9/${entry.event}/uevent`, '')
    await this.#write(`${hid}/input/input9/inhibited`, entry.isInhibited ? '1' : '0')
  }

  async #write(path: string, content: string | Uint8Array): Promise<void> {
    const file = join(this.folders.usb, path)
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, typeof content === 'string' ? `${content}\n` : content)
  }
}

/** Opens what is plugged in, and plays reports into whoever has opened it. */
export class PlayedLibrary implements HidLibrary {
  readonly #usb: UsbFolders
  readonly #open = new Map<string, PlayedHandle>()

  constructor(usb: UsbFolders) {
    this.#usb = usb
  }

  async open(name: string): Promise<HidHandle> {
    await this.#usb.take(name)
    const [usagePage, usage] = usageOf(this.#usb.entryOf(name)?.descriptor ?? '')
    const handle = new PlayedHandle({ usagePage, usage }, async () => {
      this.#open.delete(name)
      await this.#usb.giveBack(name)
    })
    this.#open.set(name, handle)
    return handle
  }

  isOpen(name: string): boolean {
    return this.#open.has(name)
  }

  /** Reports in hex, one after the other. */
  play(name: string, reports: readonly string[]): void {
    for (const report of reports) this.#handleOf(name).play(Buffer.from(report.replaceAll(' ', ''), 'hex'))
  }

  unplug(port: string): void {
    for (const [name, handle] of this.#open) if (name.startsWith(`${port}:`)) handle.unplug()
  }

  #handleOf(name: string): PlayedHandle {
    const handle = this.#open.get(name)
    if (!handle) throw new Error(`${name} is not open`)
    return handle
  }
}

class PlayedHandle implements HidHandle {
  readonly #use: { readonly usagePage: number; readonly usage: number }
  readonly #onClose: () => Promise<void>
  #onData: ((report: Uint8Array) => void) | undefined
  #onError: ((cause: unknown) => void) | undefined

  constructor(use: { usagePage: number; usage: number }, onClose: () => Promise<void>) {
    this.#use = use
    this.#onClose = onClose
  }

  on(event: 'data' | 'error', listener: ((report: Uint8Array) => void) & ((cause: unknown) => void)): void {
    if (event === 'data') this.#onData = listener
    else this.#onError = listener
  }

  play(report: Uint8Array): void {
    this.#onData?.(report)
  }

  unplug(): void {
    this.#onError?.('could not read from HID device: hid_read_error is not implemented yet')
  }

  async getDeviceInfo() {
    return this.#use
  }

  close(): Promise<void> {
    return this.#onClose()
  }
}

/** Each of these descriptors begins with its usage page and its usage. */
function usageOf(descriptor: string): readonly [usagePage: number, usage: number] {
  const bytes = Buffer.from(descriptor.replaceAll(' ', ''), 'hex')
  return bytes[0] === 0x06 ? [bytes.readUInt16LE(1), bytes[4] ?? 0] : [bytes[1] ?? 0, bytes[3] ?? 0]
}
