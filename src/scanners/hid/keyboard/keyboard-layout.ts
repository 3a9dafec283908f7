/** Where a keyboard's reports hold its modifiers and the keys that are down. "Device Class Definition for HID" 1.11, appendix B. */
import { fieldsOf, placeOf } from '../report-descriptor.ts'

/** In bytes from the start of a report, its number included. */
export interface KeyboardLayout {
  /** Null: the device has one report only, without a number. */
  readonly reportId: number | null
  readonly modifiersAt: number
  readonly keysAt: number
  readonly keyCount: number
}

/** What every keyboard sends that a PC's firmware can read: modifiers, one byte of the maker, six keys. */
const BOOT_LAYOUT: KeyboardLayout = { reportId: null, modifiersAt: 0, keysAt: 2, keyCount: 6 }
const BOOT_LENGTH = 8

const KEYBOARD_PAGE = 0x07
const LEFT_CONTROL = 0xe0

/** The layout that a report descriptor describes; undefined where it has no keys in whole bytes. */
export function keyboardLayoutOf(descriptor: Uint8Array): KeyboardLayout | undefined {
  const fields = fieldsOf(descriptor)
  const keys = fields.find(
    ({ usagePage, isArray, bits }) => isArray && usagePage === KEYBOARD_PAGE && bits === 8,
  )
  const modifiers = placeOf(fields, KEYBOARD_PAGE, LEFT_CONTROL)
  if (keys === undefined || modifiers === undefined) return undefined
  if (keys.reportId !== modifiers.reportId || keys.firstBit % 8 !== 0 || modifiers.firstBit % 8 !== 0)
    return undefined
  return {
    reportId: keys.reportId,
    modifiersAt: modifiers.firstBit / 8,
    keysAt: keys.firstBit / 8,
    keyCount: keys.count,
  }
}

/**
 * The layout to read a report by when the device's own description cannot be had: the boot report, with or without a number.
 * Undefined for reports of another length, since what stands where in them is unknown.
 */
export function usualKeyboardLayout(report: Uint8Array): KeyboardLayout | undefined {
  if (report.length === BOOT_LENGTH) return BOOT_LAYOUT
  if (report.length !== BOOT_LENGTH + 1) return undefined
  return { reportId: report[0] ?? 0, modifiersAt: 1, keysAt: 3, keyCount: 6 }
}
