/** Values by which a device says that it has none, as the driver will show them. */
import type { SignalType } from '../../../domain/signal.ts'

/** Widths of the types that have a sign, in bits. */
const SIGNED_BITS: Partial<Readonly<Record<SignalType, number>>> = { i8: 8, i16: 16, i32: 32, i64: 64 }

type Written = number | string

/** Raw values as text. Manuals print them as they lie in the register, so 0xFFFF is -1 for an `i16`. */
export function invalidTexts(
  written: Written | readonly Written[] | undefined,
  type: SignalType | undefined,
): readonly string[] | undefined {
  if (written === undefined) return undefined
  const values = typeof written === 'object' ? written : [written]
  return values.map((value) => rawText(value, type))
}

function rawText(value: Written, type: SignalType | undefined): string {
  const isWhole = typeof value === 'number' ? Number.isInteger(value) : /^(-?\d+|0x[\da-f]+)$/i.test(value)
  if (isWhole && type !== 'string') return wholeText(BigInt(value), type)
  return type === 'f32' && typeof value === 'number' ? String(Math.fround(value)) : String(value)
}

function wholeText(value: bigint, type: SignalType | undefined): string {
  const bits = type && SIGNED_BITS[type]
  const isPattern = bits !== undefined && value >= 2n ** BigInt(bits - 1) && value < 2n ** BigInt(bits)
  return String(isPattern ? BigInt.asIntN(bits, value) : type === 'f32' ? Math.fround(Number(value)) : value)
}
