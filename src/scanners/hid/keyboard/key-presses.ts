/** From reports of which keys are down to the keys that were pressed, in their order. */
import type { KeyboardLayout } from './keyboard-layout.ts'

export interface Modifiers {
  readonly shift: boolean
  readonly control: boolean
  readonly alt: boolean
  /** The Windows or command key. */
  readonly system: boolean
}

/** One report: which modifiers are down, and which keys have gone down since the one before. */
export interface Pressed {
  readonly modifiers: Modifiers
  /** Usages of the keyboard page, in the order in which the report names them. */
  readonly keys: readonly number[]
}

// Bits of the modifiers' byte, left and right: "HID Usage Tables", usages 0xE0 to 0xE7.
const CONTROL = 0x11
const SHIFT = 0x22
const ALT = 0x44
const SYSTEM = 0x88

/** 1: more keys are down than the report can name, so what is down is unknown; 2 and 3: the keyboard is out of order. */
const LAST_ERROR_CODE = 3

/** Remembers what is down, so that a key that stays down, or a report that is sent again, counts once. */
export class KeyPresses {
  #down: ReadonlySet<number> = new Set()

  get isAnyDown(): boolean {
    return this.#down.size > 0
  }

  /** All keys count as up. */
  release(): void {
    this.#down = new Set()
  }

  /** Undefined for a report that says nothing of keys. */
  read(report: Uint8Array, layout: KeyboardLayout): Pressed | undefined {
    const { reportId, modifiersAt, keysAt, keyCount } = layout
    if (reportId !== null && report[0] !== reportId) return undefined
    if (report.length <= keysAt) return undefined
    const named = [...report.subarray(keysAt, keysAt + keyCount)].filter((key) => key !== 0)
    if (named.some((key) => key <= LAST_ERROR_CODE)) return undefined
    const keys = [...new Set(named)].filter((key) => !this.#down.has(key))
    this.#down = new Set(named)
    return { modifiers: modifiersOf(report[modifiersAt] ?? 0), keys }
  }
}

function modifiersOf(byte: number): Modifiers {
  return {
    shift: (byte & SHIFT) !== 0,
    control: (byte & CONTROL) !== 0,
    alt: (byte & ALT) !== 0,
    system: (byte & SYSTEM) !== 0,
  }
}
