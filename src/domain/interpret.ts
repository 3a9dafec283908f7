/** How the raw value of a device becomes the value that rules read. */
import { meantInstead } from './misread.ts'
import { isWithin, rangeText } from './range.ts'
import type { SignalSpec, SignalValue } from './signal.ts'

/** What a raw value of the device means. */
interface Interpreted {
  /** The value that rules read. */
  readonly value: SignalValue
  /** Why no status may be derived from it, in words. */
  readonly fault?: string
}

/** How {@link Interpreted.fault} ends where the device has no value, and how it goes on where that is none that the map expects. */
const NO_VALUE = ', by which it says that it has no value'
const UNEXPECTED = ', and the map expects '

/** Whether a value that came is no use only because of what the map says of it: nothing is wrong with its address then. */
export function judgedByMap(detail: string): 'no-value' | 'unexpected' | undefined {
  if (detail.endsWith(NO_VALUE)) return 'no-value'
  return detail.includes(UNEXPECTED) ? 'unexpected' : undefined
}

/**
 * From what a device gave to the value that rules read: mask, then the value's name, or scale and offset. No value makes it throw.
 * `word` is the device's own word for it, and counts where the map names the word and not the value.
 */
export function interpret(given: SignalValue, spec: SignalSpec, word?: string): Interpreted {
  const raw = word === undefined ? given : wordOrValue(given, word, spec)
  if (raw === null) return { value: null }
  if (spec.invalid?.includes(String(raw))) {
    return { value: null, fault: `it shows ${shortText(raw)}${NO_VALUE}` }
  }
  const value = meaningOf(raw, spec)
  if (value === undefined)
    return { value: raw, fault: `it shows ${shortText(raw)}, and a mask needs a whole number` }
  const { expect } = spec
  if (!expect || (isNumber(value) && isWithin(value, expect))) return { value }
  const unit = spec.unit === undefined ? '' : ` ${spec.unit}`
  const instead = isNumber(raw) && spec.mask === undefined ? meantInstead(raw, spec) : undefined
  const meant = instead === undefined ? '' : `; ${instead}`
  const shown = `${shortText(value)}${unit}`
  return { value, fault: `it shows ${shown}${UNEXPECTED}${rangeText(expect)}${unit}${meant}` }
}

/** Undefined where a mask meets what has no bits. */
function meaningOf(raw: Exclude<SignalValue, null>, spec: SignalSpec): SignalValue | undefined {
  // Blanks around a text only fill its field.
  const value = typeof raw === 'string' ? raw.trim() : raw
  const masked = spec.mask === undefined ? value : maskedBits(value, spec.mask)
  if (masked === undefined) return undefined
  if (spec.names) return named(masked, spec.names)
  if ((spec.scale === undefined && spec.offset === undefined) || !isNumber(masked)) return masked
  return Number(masked) * (spec.scale ?? 1) + (spec.offset ?? 0)
}

function isNumber(value: SignalValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function maskedBits(value: SignalValue, mask: number): number | undefined {
  // Neither a fraction nor a text has bits.
  if (!isNumber(value) || (typeof value === 'number' && !Number.isInteger(value))) return undefined
  const bits = BigInt(mask)
  if (bits === 0n) return 0
  const lowest = bits & -bits
  return Number((BigInt.asUintN(64, BigInt(value)) & bits) / lowest)
}

type Names = Readonly<Record<string, string>>

/** A value without a name stays as it is. */
function named(value: number | bigint | boolean | string, names: Names): SignalValue {
  const keys = typeof value === 'boolean' ? TRUTH_KEYS[value ? 1 : 0] : [String(value)]
  const key = keys.find((key) => Object.hasOwn(names, key))
  if (key !== undefined) return names[key] ?? value
  return (typeof value === 'string' ? wordOf(value, names) : undefined) ?? names['*'] ?? value
}

function wordOrValue(given: SignalValue, word: string, { names }: SignalSpec): SignalValue {
  if (!names || isNamed(String(given), names)) return given
  return isNamed(word, names) ? word : given
}

/** Whether a text that a device shows has a name, or is one, and not only as one of all others. */
function isNamed(text: string, names: Names): boolean {
  return Object.hasOwn(names, text) || wordOf(text, names) !== undefined
}

const TRUTH_KEYS = [
  ['0', 'false', 'off'],
  ['1', 'true', 'on'],
] as const

/** A device that shows the word itself, however it writes it, means that word: `NotExecuting`, `NOT EXECUTING`, `not_executing`. */
function wordOf(text: string, names: Names): string | undefined {
  const plain = plainWord(text)
  return Object.values(names).find((name) => plainWord(name) === plain)
}

function plainWord(text: string): string {
  return text.toLowerCase().replaceAll(/[ _-]/g, '')
}

const SHORT_MAX = 40

function shortText(value: SignalValue): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > SHORT_MAX ? `${text.slice(0, SHORT_MAX - 1)}…` : text
}
