/** From the bytes of an answer to raw values. Nothing is guessed: a value that is no number becomes a bad sample. */
import type { SignalType, SignalValue, WordOrder } from '../../domain/signal.ts'
import { isFloatEnd } from '../shared/float-end.ts'
import { isBitArea, type ModbusAddress } from './address.ts'
import { textDecoder } from './decode-text.ts'

/** Reads one value out of an answer; `offset` counts registers (or bits, in bit areas) from its start. */
export type Decode = (bytes: Buffer, offset: number) => SignalValue

/** Room for the widest value that has a word order: 64 bits. Reused, since values are decoded many times a second. */
const ordered = Buffer.alloc(8)

/**
 * What reads values of one type from answers. It expects an answer that is long enough. But for texts it is one and the same function
 * for all values of a type and a word order: a gateway has tens of thousands of values.
 */
export function decoderOf(address: ModbusAddress, type: SignalType, orderOfDevice: WordOrder): Decode {
  const { area, bit = 0, order = orderOfDevice } = address
  if (isBitArea(area)) return decodeBit
  switch (type) {
    case 'bit':
      return REGISTER_BITS[bit] ?? registerBit(bit)
    case 'string':
      return textDecoder(address, order)
    default:
      return NUMBERS[order][type]
  }
}

/** Why a raw value cannot be used, or undefined when it can. */
export function unusable(raw: SignalValue, type: SignalType): string | undefined {
  if (typeof raw !== 'number') return undefined
  if (Number.isNaN(raw) && type.startsWith('bcd')) return 'the device shows digits that are not decimal'
  if (!Number.isFinite(raw)) return `the device shows no number (${raw})`
  const isSentinel = type === 'f32' && isFloatEnd(raw)
  return isSentinel
    ? `the device shows the end of the float range (${raw}), or the word order is wrong`
    : undefined
}

const decodeBit: Decode = (bytes, offset) => ((bytes[offset >> 3] ?? 0) & (1 << (offset & 7))) !== 0

const REGISTER_BITS: readonly Decode[] = Array.from({ length: 16 }, (_, bit) => registerBit(bit))

function registerBit(bit: number): Decode {
  return (bytes, offset) => (bytes.readUInt16BE(offset * 2) & (1 << bit)) !== 0
}

type NumberType = Exclude<SignalType, 'bit' | 'string'>

const NUMBERS: Readonly<Record<WordOrder, Readonly<Record<NumberType, Decode>>>> = {
  ABCD: numbersIn('ABCD'),
  CDAB: numbersIn('CDAB'),
  BADC: numbersIn('BADC'),
  DCBA: numbersIn('DCBA'),
}

function numbersIn(order: WordOrder): Readonly<Record<NumberType, Decode>> {
  return {
    u8: (bytes, offset) => bytes.readUInt8(offset * 2 + 1),
    i8: (bytes, offset) => bytes.readInt8(offset * 2 + 1),
    u16: (bytes, offset) => bytes.readUInt16BE(offset * 2),
    i16: (bytes, offset) => bytes.readInt16BE(offset * 2),
    u32: (bytes, offset) => inOrder(bytes, offset, 4, order).readUInt32BE(),
    i32: (bytes, offset) => inOrder(bytes, offset, 4, order).readInt32BE(),
    u64: (bytes, offset) => inOrder(bytes, offset, 8, order).readBigUInt64BE(),
    i64: (bytes, offset) => inOrder(bytes, offset, 8, order).readBigInt64BE(),
    bcd16: (bytes, offset) => decimal(bytes.subarray(offset * 2, offset * 2 + 2)),
    bcd32: (bytes, offset) => decimal(inOrder(bytes, offset, 4, order).subarray(0, 4)),
    f32: (bytes, offset) => inOrder(bytes, offset, 4, order).readFloatBE(),
    f64: (bytes, offset) => inOrder(bytes, offset, 8, order).readDoubleBE(),
  }
}

/** The value's bytes, highest first. The returned buffer is overwritten by the next call. */
function inOrder(bytes: Buffer, offset: number, length: 4 | 8, order: WordOrder): Buffer {
  const lastWord = length - 2
  const [reversed, swapped] = [order === 'CDAB' || order === 'DCBA', order === 'BADC' || order === 'DCBA']
  for (let at = 0; at < length; at += 2) {
    const from = offset * 2 + (reversed ? lastWord - at : at)
    ordered[at] = bytes[from + (swapped ? 1 : 0)] ?? 0
    ordered[at + 1] = bytes[from + (swapped ? 0 : 1)] ?? 0
  }
  return ordered
}

/** A decimal digit in each four bits. NaN where one of them is none. */
function decimal(bytes: Buffer): number {
  const digits = bytes.toString('hex')
  return /^\d+$/.test(digits) ? Number(digits) : Number.NaN
}
