/** What should be known of an open HID scanner, for `status`: what was seen of the kernel after it was opened. */
import type { HidMode } from './mode.ts'
import { TAKEN_BY_PROGRAM } from './open-interface.ts'
import { modeBeforeOpening } from './usb/find-interface.ts'
import type { HidInterface } from './usb/usb-tree.ts'

/** The kernel's driver that types into the console. */
const KEYBOARD_DRIVER = 'usbhid'

/**
 * @param name of the open interface
 * @param interfaces all of its device, as they were after it was opened
 */
export function remarkOf(mode: HidMode, name: string, interfaces: readonly HidInterface[]): string {
  const own = interfaces.find((one) => one.name === name)
  const others = interfaces.filter((one) => one.name !== name && types(one))
  const remarks =
    mode === 'pos' ? ['HID POS'] : ['keyboard: GS1 and ISO 15434 codes are unreliable in this mode']
  if (own?.driver === TAKEN_BY_PROGRAM)
    remarks.push('taken from the kernel through libusb, so nothing is typed into a console')
  else if (own && types(own))
    remarks.push(
      'WARNING: the kernel reads it as a keyboard too, so what is scanned is typed into the console',
    )
  if (others.length > 0) {
    const names = others.map((one) => one.name).join(', ')
    remarks.push(`WARNING: what its other keyboard (${names}) types goes into the console`)
  }
  remarks.push('no beep can be sent to it')
  return remarks.join('; ')
}

function types(one: HidInterface): boolean {
  return one.driver === KEYBOARD_DRIVER && !one.isInhibited && modeBeforeOpening(one) === 'keyboard'
}
