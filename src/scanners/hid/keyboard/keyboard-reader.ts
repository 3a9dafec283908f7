/**
 * Reads what a scanner types that acts as a keyboard. The kernel's driver is out of the way, so its reports are all there is:
 * positions of keys, read by the US layout.
 */
import type { Suffix } from '../../../domain/scanner.ts'
import { type Read, type ReportReader, UNKNOWN_LAYOUT } from '../report-reader.ts'
import { altCharacter } from './alt-codes.ts'
import { KeyPresses, type Modifiers, type Pressed } from './key-presses.ts'
import { type KeyboardLayout, usualKeyboardLayout } from './keyboard-layout.ts'
import { TypedCode } from './typed-code.ts'
import { CAPS_LOCK, characterOf, isEnter, isLockKey, keypadDigit } from './us-layout.ts'

/** Longer than between any two reports of one code, and shorter than between two codes. */
const AT_REST_MS = 1000

export class KeyboardReader implements ReportReader {
  /** Null: the device's own description could not be had. */
  readonly #layout: KeyboardLayout | null
  readonly #presses = new KeyPresses()
  readonly #typed: TypedCode
  /** The digits typed since Alt went down; null while it is up. */
  #altDigits: string | null = null
  #isCapsLocked = false

  constructor(layout: KeyboardLayout | null, suffix: Suffix) {
    this.#layout = layout
    this.#typed = new TypedCode(suffix)
  }

  get dueMs(): number | null {
    const isAtRest = !this.#presses.isAnyDown && !this.#isCapsLocked && this.#altDigits === null
    return this.#typed.dueMs ?? (isAtRest ? null : AT_REST_MS)
  }

  read(report: Uint8Array): readonly Read[] {
    const layout = this.#layout ?? usualKeyboardLayout(report)
    if (layout === undefined) return unreadable(report)
    const pressed = this.#presses.read(report, layout)
    return pressed === undefined ? [] : this.#take(pressed)
  }

  /** A scanner holds no key between two codes. Where the report of one that went up was lost, it counts as up now. */
  pause(): readonly Read[] {
    this.#presses.release()
    this.#isCapsLocked = false
    this.#altDigits = null
    return this.#typed.pause()
  }

  #take({ modifiers, keys }: Pressed): readonly Read[] {
    const reads = [...this.#takeAlt(modifiers)]
    for (const key of keys) reads.push(...this.#press(key, modifiers))
    return reads
  }

  /** The number is complete once Alt goes up. */
  #takeAlt({ alt }: Modifiers): readonly Read[] {
    const digits = this.#altDigits
    if (alt) {
      this.#altDigits ??= ''
      return []
    }
    this.#altDigits = null
    const character = digits === null ? undefined : altCharacter(digits)
    return character === undefined ? [] : this.#typed.type(character)
  }

  #press(key: number, modifiers: Modifiers): readonly Read[] {
    if (key === CAPS_LOCK) this.#isCapsLocked = !this.#isCapsLocked
    if (isLockKey(key)) return []
    const digit = this.#altDigits === null ? undefined : keypadDigit(key)
    if (digit !== undefined) {
      this.#altDigits += digit
      return []
    }
    if (isEnter(key)) return this.#typed.end()
    const character = characterOf(key, modifiers, this.#isCapsLocked)
    return character === undefined ? this.#typed.miss() : this.#typed.type(character)
  }
}

function unreadable({ length }: Uint8Array): readonly Read[] {
  return length === 0 ? [] : [{ kind: 'discarded', count: length, why: UNKNOWN_LAYOUT }]
}
