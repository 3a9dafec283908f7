/** Everything that a few registers may mean. */
import type { SignalType, SignalValue, WordOrder } from '../../domain/signal.ts'
import { WORD_ORDERS } from '../../domain/signal.ts'
import { type ModbusAddress, sizeOf } from '../../drivers/modbus/address.ts'
import { decoderOf, unusable } from '../../drivers/modbus/decode.ts'

/** One way to read the registers. */
export interface RegisterDecoding {
  readonly type: SignalType
  /** Undefined where the type has no order: one register. */
  readonly order: WordOrder | undefined
  /** In registers. */
  readonly size: number
  readonly value: SignalValue
  /** Whether a machine may well mean this. */
  readonly isPlausible: boolean
}

/** Types of one register, and of two and four. Texts and bits are shown beside. */
const ONE: readonly SignalType[] = ['u16', 'i16', 'bcd16']
const SEVERAL: readonly SignalType[] = ['u32', 'i32', 'f32', 'bcd32', 'u64', 'i64', 'f64']
const PLAUSIBLE_MAX = 1e9
const PLAUSIBLE_MIN = 1e-4

/** All readings of the registers from the first on, as far as there are enough of them. */
export function decodingsOf(
  bytes: Buffer,
  orders: readonly WordOrder[] = WORD_ORDERS,
): readonly RegisterDecoding[] {
  return [
    ...ONE.map((type) => decoding(bytes, type, undefined)),
    ...SEVERAL.flatMap((type) =>
      sizeOf(FIRST, type) * 2 <= bytes.length ? orders.map((order) => decoding(bytes, type, order)) : [],
    ),
  ]
}

const FIRST: ModbusAddress = { area: 'holding', wire: 0 }

function decoding(bytes: Buffer, type: SignalType, order: WordOrder | undefined): RegisterDecoding {
  const value = decoderOf(FIRST, type, order ?? 'ABCD')(bytes, 0)
  const isUsable = unusable(value, type) === undefined
  return {
    type,
    order,
    size: sizeOf(FIRST, type),
    value,
    isPlausible: isUsable && isPlausible(value, type, bytes),
  }
}

function isPlausible(value: SignalValue, type: SignalType, bytes: Buffer): boolean {
  const number = Math.abs(Number(value))
  if (type === 'f32' || type === 'f64')
    return number === 0 || (number >= PLAUSIBLE_MIN && number <= PLAUSIBLE_MAX)
  // A sign that is not set says nothing new.
  if (type.startsWith('i')) return Number(value) < 0 && number <= PLAUSIBLE_MAX
  if (type.startsWith('bcd')) return /[1-9]/.test(bytes.toString('hex'))
  return number <= PLAUSIBLE_MAX * (type === 'u64' ? 1_000 : 1)
}

/** `0100 0011 0110 0110`, and which bits are set, counted from 0. */
export function bitsText(word: Buffer): string {
  const bits = word.readUInt16BE(0).toString(2).padStart(16, '0')
  const set = [...bits].flatMap((bit, n) => (bit === '1' ? [15 - n] : [])).toReversed()
  const named = set.length === 0 ? 'none set' : `set: ${set.join(', ')}`
  return `${bits.replaceAll(/(....)(?=.)/g, '$1 ')} (${named}; 0 is the lowest)`
}

/** The characters of the registers, as they are and with the two of each register swapped; undefined where they are no text. */
export function textsOf(bytes: Buffer): {
  readonly plain: string | undefined
  readonly swapped: string | undefined
} {
  const swapped = Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16()
  return { plain: printableText(bytes), swapped: printableText(swapped) }
}

function printableText(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1').replace(/[\0 ]+$/, '')
  const isText = /^[\x20-\x7e]{2,}$|^[\x20-\x7e\xc0-\xff]{4,}$/.test(text) && /[a-z0-9]/i.test(text)
  return isText ? text : undefined
}

/** `0x4366 8000` without the prefix: four digits for each register. */
export function hexText(bytes: Buffer): string {
  return bytes
    .toString('hex')
    .toUpperCase()
    .replaceAll(/(....)(?=.)/g, '$1 ')
}
