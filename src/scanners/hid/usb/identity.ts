/** The names by which a map may call a scanner, and which interfaces of the USB a name fits. */
import type { UsbDevice } from '../../../ports/usb-devices.ts'
import type { HidInterface } from './usb-tree.ts'

/** What a map calls a scanner by. */
export type Identity =
  /** `0c2e:0b61`, `0c2e:0b61:21097B1234`. */
  | {
      readonly kind: 'model'
      readonly vendorId: number
      readonly productId: number
      readonly serial: string | null
    }
  /** `21097B1234`. */
  | { readonly kind: 'serial'; readonly serial: string }
  /** `1-2.3`: for scanners without a serial number, which then must stay in that port. */
  | { readonly kind: 'port'; readonly port: string }
  /** `/dev/input/by-id/usb-Honeywell_Xenon_1900_21097B1234-event-kbd`. */
  | { readonly kind: 'link'; readonly name: string }
  /** Any other file in /dev. */
  | { readonly kind: 'node'; readonly path: string }

const MODEL = /^([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?$/i
const PORT = /^\d+-\d+(?:\.\d+)*$/
const LINK = /^\/dev\/input\/by-id\/([^/]+)$/

/** Any text is a name: what has no other form is a serial number. */
export function parseIdentity(text: string): Identity {
  const model = MODEL.exec(text)
  if (model !== null) {
    const [, vendor = '', product = '', serial = null] = model
    return {
      kind: 'model',
      vendorId: Number.parseInt(vendor, 16),
      productId: Number.parseInt(product, 16),
      serial,
    }
  }
  if (PORT.test(text)) return { kind: 'port', port: text }
  const link = LINK.exec(text)?.[1]
  if (link !== undefined) return { kind: 'link', name: link }
  return text.startsWith('/') ? { kind: 'node', path: text } : { kind: 'serial', serial: text }
}

/** Whether a name means this device. Of a file in /dev only its own interface is meant, which is found otherwise. */
export function isMeant(identity: Exclude<Identity, { kind: 'node' }>, { device }: HidInterface): boolean {
  if (identity.kind === 'serial') return device.serialNumber === identity.serial
  if (identity.kind === 'port') return device.port === identity.port
  if (identity.kind === 'link') return isLinkOf(identity.name, device)
  const { vendorId, productId, serial } = identity
  if (device.vendorId !== vendorId || device.productId !== productId) return false
  return serial === null || device.serialNumber === serial
}

/** The name to write into a map: it stays the same wherever the scanner is plugged in, if it has a serial number. */
export function stableName({ vendorId, productId, serialNumber, port }: UsbDevice): string {
  return serialNumber === null ? port : `${hex(vendorId)}:${hex(productId)}:${serialNumber}`
}

/** `Honeywell Xenon 1900 (0c2e:0b61)`. */
export function shownName({ maker, product, vendorId, productId }: UsbDevice): string {
  const words = [maker, product].filter((word) => word !== null)
  return `${words.join(' ') || 'a device without a name'} (${hex(vendorId)}:${hex(productId)})`
}

/**
 * Links below /dev/input/by-id are gone while this gateway has the scanner, and after a crash until it is plugged in again.
 * So their names are compared as udev makes them: `usb-`, maker, product and serial number, with `_` for all that is no
 * plain character, then `-if01` for interfaces besides the first, and what the link is for.
 */
function isLinkOf(name: string, device: UsbDevice): boolean {
  const { maker, product, serialNumber, vendorId, productId } = device
  const parts = [
    maker ?? hex(vendorId),
    product ?? hex(productId),
    ...(serialNumber === null ? [] : [serialNumber]),
  ]
  const start = `usb-${parts.map(inLinks).join('_')}-`
  return name.startsWith(start) && /^(if\d\d-)?event-[a-z]+$/.test(name.slice(start.length))
}

function inLinks(text: string): string {
  return text
    .trim()
    .replaceAll(/\s+/g, '_')
    .replaceAll(/[^\w#+.:=@\u0080-\uffff-]/g, '_')
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0')
}
