/** What a device shows: named values with their quality, and how a raw value becomes one. */
import type { Instant } from './instant.ts'

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

/** How the bytes of a register are to be read. */
export const SIGNAL_TYPES = ['bit', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'string'] as const
export type SignalType = (typeof SIGNAL_TYPES)[number]

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
  /** Value names, so that rules read `state: fault` and not `state: 3`. Keys are numbers as text. */
  readonly names?: Readonly<Record<string, string>>
  /** value × scale + offset, for signals without names. */
  readonly scale?: number
  readonly offset?: number
  readonly role?: SignalRole
  /** This signal's own polling interval, where it differs from its device's. */
  readonly pollMs?: number
}

/** From the raw value of the device to the value that rules read: mask, then the value's name, or scale and offset. */
export function interpret(raw: SignalValue, spec: SignalSpec): SignalValue {
  const masked = spec.mask === undefined ? raw : applyMask(raw, spec.mask)
  if (spec.names && (typeof masked === 'number' || typeof masked === 'bigint')) {
    return spec.names[String(masked)] ?? masked
  }
  if (spec.scale === undefined && spec.offset === undefined) return masked
  if (typeof masked !== 'number' && typeof masked !== 'bigint') return masked
  return Number(masked) * (spec.scale ?? 1) + (spec.offset ?? 0)
}

function applyMask(raw: SignalValue, mask: number): SignalValue {
  if (typeof raw !== 'number' && typeof raw !== 'bigint') return raw
  const bits = BigInt(mask)
  if (bits === 0n) return 0
  const lowest = bits & -bits
  return Number((BigInt.asUintN(64, BigInt(raw)) & bits) / lowest)
}
