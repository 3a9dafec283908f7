/** What a device shows: named values with their quality. */
import type { BitOrder } from './bit-order.ts'
import type { Instant } from './instant.ts'
import type { Range } from './range.ts'

/** A value as the driver decoded it; 64-bit numbers are bigints. Null: the device has none. */
export type SignalValue = number | bigint | boolean | string | null

/** `bad` and `uncertain` values are shown, but no status is derived from them. */
export type Quality = 'good' | 'uncertain' | 'bad'

/** One named value at one moment. `detail` says why the quality is not good, in the device's own words. */
export interface Sample {
  readonly signal: string
  readonly value: SignalValue
  readonly quality: Quality
  readonly at: Instant
  readonly detail?: string
  /** What the device gave, before the map's mask, names, scale and `invalid`; absent where `value` is just that. */
  readonly raw?: SignalValue
  /** The device's own word for what it gave, where it has one. */
  readonly word?: string
  /** Only what the device gave is another, such as bits beside the mask: no rule sees anything of it. */
  readonly meansTheSame?: true
}

/** What the device gave, before the map made a value of it. */
export function rawOf({ raw, value }: Pick<Sample, 'raw' | 'value'>): SignalValue {
  return raw === undefined ? value : raw
}

/** Why a value is not good, for people. */
export function detailOf({ detail }: Pick<Sample, 'detail'>): string {
  return detail ?? 'the device gives no reason'
}

/**
 * What one poll, one notification or one keep-alive brought. It proves that the device was in contact at `at`.
 *
 * The first one after connecting has a sample of every signal; later ones have at least those that changed, which is
 * often none. Samples are in time order.
 */
export interface Reading {
  readonly at: Instant
  /**
   * All that the device showed up to this moment has come with this reading or an earlier one. Not later than `at`: a device
   * that sends changes by itself may still have some under way.
   */
  readonly completeTo: Instant
  readonly samples: readonly Sample[]
}

/** How the bytes of a register are to be read. `u8` and `i8` are its lower byte; `bcd` has a decimal digit in each four bits. */
export const SIGNAL_TYPES = [
  'bit',
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'u64',
  'i64',
  'bcd16',
  'bcd32',
  'f32',
  'f64',
  'string',
] as const
export type SignalType = (typeof SIGNAL_TYPES)[number]

/** The order in which the bytes A (highest) to D (lowest) of a 32-bit value arrive; 64-bit values likewise. */
export const WORD_ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export type WordOrder = (typeof WORD_ORDERS)[number]

/**
 * How a text lies in registers: `plain`, two characters a register, the first one high; `swapped`, the first one low; `wide`,
 * one character a register; `utf16`, likewise, in UTF-16; `siemens`, as a STRING of a Siemens PLC, behind a byte with its
 * longest and one with its present length.
 */
export const TEXT_FORMS = ['plain', 'swapped', 'wide', 'utf16', 'siemens'] as const
export type TextForm = (typeof TEXT_FORMS)[number]

/** Which alarms of a device a signal follows, and what it shows of them, as far as the map says so. */
export interface AlarmFormat {
  /** Others are passed over. */
  readonly severity?: Range | undefined
  /** The name of the source, letter by letter, or its beginning and a `*`. */
  readonly source?: string | undefined
  /** What becomes the value: `condition`, `source`, `message`, or a field of the alarm by its name. */
  readonly code?: string | undefined
}

/** Where in a message a signal has its value and what belongs to it, as far as the map says so. */
export interface MessageFormat {
  /** Of the value; without it the whole message is the value. */
  readonly path?: string | undefined
  /** Of the moment at which it was measured. */
  readonly time?: string | undefined
  /** Of the word by which its publisher says whether it is good. */
  readonly quality?: string | undefined
  /** `current`: its publisher keeps the retained message up to date. */
  readonly retained?: 'current' | 'uncertain' | undefined
  /** A message may be without it: then it has not changed. */
  readonly partial?: boolean | undefined
}

/** How a value is stored, as far as the map says so. */
export interface SignalFormat {
  readonly type?: SignalType | undefined
  /** Where it differs from the device's. */
  readonly wordOrder?: WordOrder | undefined
  /** Of a `string`. */
  readonly text?: TextForm | undefined
  /** Of a signal that follows alarms; its address is where they come from. */
  readonly alarms?: AlarmFormat | undefined
  /** Of a signal whose values come in messages. */
  readonly message?: MessageFormat | undefined
  /** How the manual counts the bits of a register; from the lowest, which is 0, unless it says otherwise. */
  readonly bitOrder?: BitOrder | undefined
}

/** What a signal means beyond its value. */
export const SIGNAL_ROLES = [
  'heartbeat',
  'fault_code',
  'good_count',
  'scrap_count',
  'total_count',
  'cycle_count',
  'work_order',
] as const
export type SignalRole = (typeof SIGNAL_ROLES)[number]

/** One signal of a machine as its device map describes it. `Address` is whatever the driver parsed. */
export interface SignalSpec<Address = unknown> {
  readonly name: string
  readonly address: Address
  /** Absent where the protocol itself says the type (OPC UA). */
  readonly type?: SignalType
  /** Applied first, to whole numbers only; the result is shifted right by the mask's trailing zero bits. */
  readonly mask?: number
  /**
   * Value names, so that rules read `state: fault` and not `state: 3`. Keys are raw values as text: `3`, `true`, `Execute`;
   * the key `*` names all others.
   */
  readonly names?: Readonly<Record<string, string>>
  /** Raw values, as text, by which the device says that it has none. */
  readonly invalid?: readonly string[]
  /** A number outside of it is shown, and no status is derived from it. */
  readonly expect?: Range
  /** value × scale + offset, for signals without names. */
  readonly scale?: number
  readonly offset?: number
  /** Of the number, for people: `A`, `°C`. It stands behind the value and changes nothing. */
  readonly unit?: string
  readonly role?: SignalRole
  /** This signal's own polling interval, where it differs from its device's. */
  readonly pollMs?: number
}
