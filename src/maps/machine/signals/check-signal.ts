/** What does not go together within one signal. */
import type { DocumentDraft } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import type { SignalRole } from '../../../domain/signal.ts'
import type { SignalEntry } from './signal-entry.ts'
import { aType, bitWidthOf, boundsOf, boundsText, canShow } from './value-bounds.ts'

/** Words with a meaning of their own in a rule. */
const RESERVED: readonly string[] = ['any', 'all', 'not', 'else', 'when']

/** The roles of signals that count parts or cycles. */
export const COUNTER_ROLES: readonly SignalRole[] = [
  'good_count',
  'scrap_count',
  'total_count',
  'cycle_count',
]
const ALARM_KEYS = ['severity', 'source', 'code'] as const
/** Keys that only make sense beside certain roles. */
const ROLE_KEYS: Readonly<Record<string, readonly SignalRole[]>> = {
  stale_after: ['heartbeat'],
  latch: ['fault_code'],
  settle: ['fault_code'],
  split_on_code: ['fault_code'],
  rollover: COUNTER_ROLES,
  max_rate: COUNTER_ROLES,
  parts_per_cycle: ['cycle_count'],
}

/** Notes what is wrong with a signal's name. */
export function checkName(draft: DocumentDraft, path: Path, name: string): void {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u.test(name)) {
    draft.fault(
      path,
      `"${name}" is no name for a signal`,
      'letters, digits, _ - and . only, at most 100',
      'key',
    )
  } else if (RESERVED.includes(name)) {
    draft.fault(path, `a signal cannot be called "${name}": rules give that word a meaning`, undefined, 'key')
  }
}

/** Notes what does not go together in a signal that is sound key by key. */
export function checkEntry(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  for (const [key, roles] of Object.entries(ROLE_KEYS)) {
    if (key in entry && !roles.some((role) => role === entry.role)) {
      draft.fault([...path, key], `"${key}" is for signals with role ${roles.join(' or ')}`, undefined, 'key')
    }
  }
  for (const key of ALARM_KEYS.filter((key) => entry[key] !== undefined && entry.events === undefined)) {
    draft.fault([...path, key], `"${key}" is for signals that follow alarms`, 'they have "events"', 'key')
  }
  checkNames(draft, path, entry)
  checkNumbers(draft, path, entry)
  checkCounter(draft, path, entry)
  if (entry.text !== undefined && entry.type !== 'string') {
    draft.fault([...path, 'text'], '"text" is for signals of type string', undefined, 'key')
  }
  checkUnit(draft, path, entry)
  checkBitOrder(draft, path, entry)
  if (entry.word_order !== undefined && ONE_WORD.includes(entry.type)) {
    draft.fault([...path, 'word_order'], `a ${entry.type} is one word, which has no order`, undefined, 'key')
  }
}

/** A unit is of a number. A number here is the station of a device, written one line too low. */
function checkUnit(draft: DocumentDraft, path: Path, { unit, type, names }: SignalEntry): void {
  const at = [...path, 'unit']
  if (unit === undefined) return
  if (/^\d+$/.test(unit)) {
    draft.fault(
      at,
      `"unit: ${unit}" of a signal is no unit such as A or °C`,
      'the unit id of Modbus stands under device:',
      'key',
    )
  } else if (names || type === 'bit' || type === 'string') {
    draft.fault(at, '"unit" is for numbers', 'remove it', 'key')
  }
}

/** Only single bits are counted: one that is an address, or those of a table. */
function checkBitOrder(draft: DocumentDraft, path: Path, { bit_order: order, type }: SignalEntry): void {
  const hasBits = type === 'bit' || draft.at(['reasons', path.at(-1) ?? '', 'bits']) !== undefined
  if (order === undefined || hasBits) return
  const what = '"bit_order" is for one bit of a register, or for a word with a table of bits'
  draft.fault([...path, 'bit_order'], what, 'remove it', 'key')
}

/** Types that take one register. */
const ONE_WORD: readonly SignalEntry['type'][] = ['bit', 'u8', 'i8', 'u16', 'i16', 'bcd16']
/** Types that are no whole numbers. */
const FRACTIONS: readonly SignalEntry['type'][] = ['f32', 'f64']

function isNumber({ type }: SignalEntry): boolean {
  return type !== 'bit' && type !== 'string'
}

function checkNumbers(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  const { type, mask, scale, expect, names } = entry
  if (mask !== undefined && (!isNumber(entry) || FRACTIONS.includes(type))) {
    draft.fault([...path, 'mask'], `a mask needs a whole number, not ${type}`, undefined, 'key')
  } else if (mask !== undefined && mask.toString(2).length > (bitWidthOf({ type }) ?? Infinity)) {
    draft.slip([...path, 'mask'], `${aType(type)} has fewer bits`, widthHint(entry))
  }
  if (scale === 0) draft.slip([...path, 'scale'], 'with scale 0 the signal is always the same', 'as in 0.1')
  if (expect && !isNumber(entry)) {
    draft.fault([...path, 'expect'], `"expect" is for numbers, not for a ${type}`, undefined, 'key')
  }
  if (expect && names)
    draft.fault([...path, 'expect'], 'names say what is expected', 'remove "expect"', 'key')
}

function widthHint({ type }: SignalEntry): string | undefined {
  const bits = bitWidthOf({ type })
  return bits === undefined ? undefined : `it has ${bits}`
}

function checkCounter(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  const { type, role, rollover } = entry
  if (role && COUNTER_ROLES.includes(role) && !isNumber(entry)) {
    draft.fault([...path, 'type'], `a ${type} cannot count`, 'one of: u16, i16, u32, i32, u64, i64, f32, f64')
  }
  if (rollover === undefined || !role || !COUNTER_ROLES.includes(role)) return
  const bounds = boundsOf(entry)
  const at = [...path, 'rollover']
  const full = bounds && bounds.max + 1n
  if (full !== undefined && BigInt(rollover) > full) {
    draft.slip(at, `${aType(type)} rolls over sooner`, `at most ${full}`)
  } else if (/^(?:F{4}|F{8})$/.test(rollover.toString(16).toUpperCase())) {
    draft.slip(
      at,
      `${rollover} is the last value that the counter shows`,
      `did you mean ${rollover > 0xffff ? '2^32' : rollover + 1}?`,
    )
  } else if (full !== undefined && (full === 2n ** 32n || full === 2n ** 64n) && rollover === 65_536) {
    draft.hint(
      at,
      `${aType(type)} seldom rolls over at 65536`,
      'right only where the PLC counts with 16 bits',
    )
  }
}

/** Longer texts are no words. */
const KEY_MAX = 255

function checkNames(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  if (!entry.names) return
  const at = [...path, 'names']
  if (entry.scale !== undefined || entry.offset !== undefined) {
    draft.fault(at, 'a signal has either names or scale and offset', undefined, 'key')
  }
  for (const key of Object.keys(entry.names).filter((key) => key !== '*')) checkNameKey(draft, at, key, entry)
}

function checkNameKey(draft: DocumentDraft, at: Path, key: string, entry: SignalEntry): void {
  const { type, mask } = entry
  const isWhole = /^(0|-?[1-9]\d*)$/.test(key)
  if (type === 'bit' && !TRUTHS.includes(key)) {
    draft.fault([...at, key], `a bit is never "${key}"`, 'as in {on: open, off: closed}', 'key')
  } else if (type === 'string' || type === undefined || type === 'bit') {
    if (key.length > KEY_MAX)
      draft.fault([...at, key], 'this is too long', `at most ${KEY_MAX} characters`, 'key')
  } else if (!isWhole) {
    draft.fault([...at, key], `"${key}" is not a whole number`, 'write number: name, as in 3: fault', 'key')
  } else if (!canShow(entry, BigInt(key))) {
    const bounds = boundsOf(entry)
    const shift = mask === undefined ? '' : '; a mask shifts its bits down, so that 0x10 under mask 0xF0 is 1'
    const what =
      mask === undefined ? `${aType(type)} is never ${key}` : `under this mask the signal is never ${key}`
    draft.slip([...at, key], what, bounds && `only ${boundsText(bounds)}${shift}`, 'key')
  }
}

const TRUTHS: readonly string[] = ['0', '1', 'true', 'false', 'on', 'off']
