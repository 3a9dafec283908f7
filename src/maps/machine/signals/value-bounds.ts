/** Which whole numbers a signal can show at all, so that a map does not wait for others in vain. */
import type { SignalType } from '../../../domain/signal.ts'

/** Both included. */
export interface ValueBounds {
  readonly min: bigint
  readonly max: bigint
}

interface Shape {
  readonly type?: SignalType | undefined
  readonly mask?: number | undefined
  readonly scale?: number | undefined
  readonly offset?: number | undefined
}

const BITS: Partial<Readonly<Record<SignalType, bigint>>> = {
  bit: 1n,
  u8: 8n,
  i8: 8n,
  u16: 16n,
  i16: 16n,
  u32: 32n,
  i32: 32n,
  u64: 64n,
  i64: 64n,
}
const DECIMALS: Partial<Readonly<Record<SignalType, bigint>>> = { bcd16: 9_999n, bcd32: 99_999_999n }

/** The least and the greatest number that a signal can show; undefined where anything may come: a fraction, a scaled number, a text, or whatever an OPC UA server sends. */
export function boundsOf({ type, mask, scale, offset }: Shape): ValueBounds | undefined {
  if (scale !== undefined || offset !== undefined) return undefined
  if (mask !== undefined) return { min: 0n, max: shifted(BigInt(mask)) }
  const decimal = type && DECIMALS[type]
  if (decimal !== undefined) return { min: 0n, max: decimal }
  const bits = type && BITS[type]
  if (bits === undefined) return undefined
  const isSigned = type?.startsWith('i')
  return isSigned
    ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }
    : { min: 0n, max: 2n ** bits - 1n }
}

/** What a mask leaves is shifted down to its lowest bit. */
function shifted(mask: bigint): bigint {
  return mask / (mask & -mask)
}

/** How many bits a signal has, where it has a fixed number of them. */
export function bitWidthOf(shape: Shape): number | undefined {
  const bounds = boundsOf(shape)
  return bounds && (bounds.max - bounds.min).toString(2).length
}

/** `0..65535`, as messages show it. */
export function boundsText({ min, max }: ValueBounds): string {
  return `${min}..${max}`
}

/** `a u16`, `an i16`. */
export function aType(type: SignalType | undefined): string {
  return type?.startsWith('i') ? `an ${type}` : `a ${type}`
}

/** Whether a signal can show a number. */
export function canShow(shape: Shape, number: number | bigint): boolean {
  const bounds = boundsOf(shape)
  return !bounds || (number >= bounds.min && number <= bounds.max)
}
