/** The two ways in which a HID device can be a scanner. */
import { BARCODE_SCANNER_PAGE } from './pos/pos-layout.ts'

/** `pos`: usage page 0x8C, reports that carry codes; `keyboard`: reports of keys. */
export type HidMode = 'keyboard' | 'pos'

const GENERIC_DESKTOP_PAGE = 0x01
const KEYBOARD = 0x06

/** The mode of a device that says of itself what it is for; undefined where it is for something else. */
export function modeFromUsage(use: {
  readonly usagePage?: number | undefined
  readonly usage?: number | undefined
}): HidMode | undefined {
  if (use.usagePage === BARCODE_SCANNER_PAGE) return 'pos'
  return use.usagePage === GENERIC_DESKTOP_PAGE && use.usage === KEYBOARD ? 'keyboard' : undefined
}
