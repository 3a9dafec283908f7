/**
 * What the keys of a keyboard mean in the US layout. "HID Usage Tables" 1.5, chapter "Keyboard/Keypad Page (0x07)".
 * A report names positions of keys only: which characters they stand for is an agreement, and this is the one that every
 * scanner can be set to.
 */
import type { Modifiers } from './key-presses.ts'

/** From usage 0x04 on: letters, digits, and from 0x28 Enter, Escape, Backspace, Tab, space and the signs. */
const PLAIN = "abcdefghijklmnopqrstuvwxyz1234567890\r\x1b\b\t -=[]\\\\;'`,./"
const SHIFTED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\r\x1b\b\t _+{}||:"~<>?'
const FIRST = 0x04

/** From usage 0x54 on. Num Lock counts as on: a scanner that uses these keys means their digits. */
const KEYPAD = '/*-+\r1234567890.'
const KEYPAD_FIRST = 0x54
const KEYPAD_ENTER = 0x58
const KEYPAD_ONE = 0x59
const KEYPAD_NINE = 0x61
const KEYPAD_ZERO = 0x62

/** The key between left shift and Z of European keyboards; the US layout gives it what is beside Enter. */
const EXTRA_BACKSLASH = 0x64
const KEYPAD_EQUALS = 0x67

export const CAPS_LOCK = 0x39
const SCROLL_LOCK = 0x47
const NUM_LOCK = 0x53
const ENTER = 0x28

/** Pressed for themselves these mean nothing. */
export function isLockKey(key: number): boolean {
  return key === CAPS_LOCK || key === SCROLL_LOCK || key === NUM_LOCK
}

export function isEnter(key: number): boolean {
  return key === ENTER || key === KEYPAD_ENTER
}

/** The digit of a key of the keypad; undefined for every other key. */
export function keypadDigit(key: number): string | undefined {
  if (key === KEYPAD_ZERO) return '0'
  return key >= KEYPAD_ONE && key <= KEYPAD_NINE ? String(key - KEYPAD_ONE + 1) : undefined
}

/** The character of a key, undefined where the layout has none. */
export function characterOf(key: number, modifiers: Modifiers, isCapsLocked: boolean): string | undefined {
  if (modifiers.alt || modifiers.system) return undefined
  const plain = (modifiers.shift ? SHIFTED : PLAIN)[key - FIRST] ?? besides(key, modifiers)
  if (plain === undefined) return undefined
  if (modifiers.control) return controlCharacter(plain)
  return isCapsLocked && /^[a-z]$/i.test(plain) ? otherCase(plain) : plain
}

function besides(key: number, { shift }: Modifiers): string | undefined {
  if (key === EXTRA_BACKSLASH) return shift ? '|' : '\\'
  if (key === KEYPAD_EQUALS) return '='
  return KEYPAD[key - KEYPAD_FIRST]
}

function otherCase(letter: string): string {
  return letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()
}

/** Signs that stand for a control character although their own code does not give it: keys where a shift is left out. */
const UNSHIFTED: Readonly<Record<string, string>> = { '2': '@', '6': '^', '-': '_', ' ': '@', '/': '?' }

/** Control with `A` to `Z` and `@ [ \ ] ^ _` gives the codes 0 to 31: GS is control and `]`. */
function controlCharacter(character: string): string | undefined {
  const sign = (UNSHIFTED[character] ?? character).toUpperCase()
  const code = sign.charCodeAt(0)
  if (code >= 0x40 && code <= 0x5f) return String.fromCharCode(code - 0x40)
  // Shift leaves the key's meaning: control, shift and `]` is GS too.
  const base = { '{': '[', '|': '\\', '}': ']' }[sign]
  if (base !== undefined) return controlCharacter(base)
  return code < 0x20 ? character : undefined
}
