/**
 * What a number would be if it were stored otherwise than its map says: words or bytes swapped, with a sign, as a float. For
 * hints to people only: nothing is ever derived from it.
 */
import { isWithin, type Range } from './range.ts'
import type { SignalType, WordOrder } from './signal.ts'

/** One other reading of the same bytes. */
interface OtherReading {
  readonly type: SignalType
  /** Undefined where the bytes stay in their order. */
  readonly swap: Swap | undefined
  readonly value: number
}

/** What stands the other way round: the words, the two bytes of each word, or both. */
type Swap = 'words' | 'bytes' | 'both'

type NumberType = Exclude<SignalType, 'bit' | 'u8' | 'i8' | 'string'>

const BYTES: Readonly<Record<NumberType, 2 | 4 | 8>> = {
  u16: 2,
  i16: 2,
  bcd16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bcd32: 4,
  u64: 8,
  i64: 8,
  f64: 8,
}

const TYPES: readonly NumberType[] = [
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'u64',
  'i64',
  'f64',
  'bcd16',
  'bcd32',
]

const SWAPS: readonly (Swap | undefined)[] = [undefined, 'words', 'bytes', 'both']

/** For people who do not know the present order. */
const SWAP_WORDS: Readonly<Record<Swap, string>> = {
  words:
    'its words swapped (word_order CDAB in place of ABCD, BADC in place of DCBA, or the other way round)',
  bytes: 'the two bytes of each register swapped (word_order BADC in place of ABCD, or the other way round)',
  both: 'all bytes the other way round (word_order DCBA in place of ABCD, or the other way round)',
}

const SWAPPED: Readonly<Record<Swap, Readonly<Record<WordOrder, WordOrder>>>> = {
  words: { ABCD: 'CDAB', CDAB: 'ABCD', BADC: 'DCBA', DCBA: 'BADC' },
  bytes: { ABCD: 'BADC', BADC: 'ABCD', CDAB: 'DCBA', DCBA: 'CDAB' },
  both: { ABCD: 'DCBA', DCBA: 'ABCD', CDAB: 'BADC', BADC: 'CDAB' },
}

/** Powers of ten by which manuals scale what a register holds. */
const SCALES = [0.1, 0.01, 0.001] as const
/** Of the 65536 values of one register, a range of more than these says too little about how it was meant. */
const COUNTS_NARROW = 2_000
/** So far beyond what is expected no process goes by itself: then the power of ten is missing. */
const FAR_BEYOND = 2

/** All other readings of a number, those first that are mistaken most often. */
export function otherReadings(raw: number | bigint, type: SignalType): readonly OtherReading[] {
  if (!(type in BYTES)) return []
  const own = type as NumberType
  const bytes = encode(raw, own)
  if (!bytes) return []
  const types = [own, ...TYPES.filter((other) => other !== own && BYTES[other] === BYTES[own])]
  return types.flatMap((as) =>
    SWAPS.flatMap((swap) => {
      const isOwn = as === own && swap === undefined
      // A register alone has no words to swap.
      const isWithoutWords = bytes.length === 2 && (swap === 'words' || swap === 'both')
      if (isOwn || isWithoutWords) return []
      const value = decode(swapped(bytes, swap), as)
      return Number.isFinite(value) ? [{ type: as, swap, value }] : []
    }),
  )
}

/** What would have to stand in the map for another reading: `type: f32 and word_order: CDAB`. */
export function howText({ type, swap }: OtherReading, own: SignalType, order?: WordOrder): string {
  const ofType = type === own ? [] : [`type: ${type}`]
  if (swap === undefined) return ofType.join('')
  const isWide = BYTES[type as NumberType] > 2
  const ofOrder = order && isWide ? `word_order: ${SWAPPED[swap][order]}` : SWAP_WORDS[swap]
  return [...ofType, isWide ? ofOrder : 'its two bytes swapped'].join(' and ')
}

/** What is needed of a signal to say how its number was meant. */
interface Expected {
  readonly type?: SignalType
  readonly scale?: number
  readonly offset?: number
  readonly expect?: Range
}

/**
 * The first other reading that the map expects, in words; undefined where none does.
 * @param order the present word order, where it is known
 */
export function meantInstead(raw: number | bigint, spec: Expected, order?: WordOrder): string | undefined {
  const { type, expect, scale = 1, offset = 0 } = spec
  if (!type || !expect) return undefined
  const scaled = (value: number) => value * scale + offset
  const fits = (value: number) => isWithin(value, expect) && isLikely(value)
  const isNarrow = countsWithin(expect, scale) <= COUNTS_NARROW
  const other = otherReadings(raw, type).find(
    (reading) => (isNarrow || !mayFitByChance(reading)) && fits(scaled(reading.value)),
  )
  if (other) return `with ${howText(other, type, order)} it would be ${shortNumber(scaled(other.value))}`
  // Who wrote a scale has read it in the manual: then the value itself is mostly what is wrong.
  if (spec.scale !== undefined) return undefined
  const own = scaled(Number(raw))
  const factor = isFarBeyond(own, expect) ? SCALES.find((one) => fits(own * one)) : undefined
  if (factor === undefined) return undefined
  return `with scale: ${shortNumber(factor)} it would be ${shortNumber(own * factor)}`
}

/** How many different raw whole numbers the map expects. */
function countsWithin({ above, below }: Range, scale: number): number {
  return above && below ? (below.value - above.value) / Math.abs(scale) : Number.POSITIVE_INFINITY
}

/** One register has so few values that many of them fit a wide range in another reading as well. */
function mayFitByChance({ type, swap }: OtherReading): boolean {
  return type === 'bcd16' || (BYTES[type as NumberType] === 2 && swap !== undefined)
}

/** Zero is what any wrong reading gives, and proves nothing. */
function isLikely(value: number): boolean {
  return Math.abs(value) >= 1e-4
}

function isFarBeyond(value: number, { below }: Range): boolean {
  return below !== undefined && below.value > 0 && value > below.value * FAR_BEYOND
}

/** Numbers below which a float that is not zero is mostly another value, read in the wrong order. */
const SMALLEST = 1e-30
/** From here on a number without a sign is mostly a small negative one. */
const NEARLY_FULL: Readonly<Partial<Record<SignalType, number>>> = { u16: 65_000, u32: 4_294_900_000 }
const WORD = 65_536

/** What is odd about a number as its type reads it, whatever the map expects; undefined where nothing is. */
export function oddNumber(raw: number | bigint, type: SignalType): string | undefined {
  const value = Number(raw)
  if (type.startsWith('f') && value !== 0 && Math.abs(value) < SMALLEST) {
    return `${shortNumber(value)} is what another value looks like whose words are in the other order (word_order)`
  }
  const full = NEARLY_FULL[type]
  if (full !== undefined && value >= full) {
    const signed = type === 'u16' ? 'i16' : 'i32'
    const negative = value - (type === 'u16' ? WORD : WORD * WORD)
    return `so near to the end of its range it may have a sign: with type: ${signed} it would be ${negative}`
  }
  if ((type === 'u32' || type === 'i32') && value >= WORD && value % WORD === 0) {
    return `it may be ${WORD} times too large: with its words in the other order (word_order) it would be ${value / WORD}`
  }
  return undefined
}

/** Six digits are what a display shows. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** Highest byte first; undefined where the type cannot hold the number. */
function encode(raw: number | bigint, type: NumberType): Uint8Array | undefined {
  const bytes = new Uint8Array(BYTES[type])
  const view = new DataView(bytes.buffer)
  if (type === 'f32') view.setFloat32(0, Number(raw))
  else if (type === 'f64') view.setFloat64(0, Number(raw))
  else if (typeof raw === 'number' && !Number.isInteger(raw)) return undefined
  else setWhole(view, type.startsWith('bcd') ? BigInt(`0x${raw < 0 ? 0 : raw}`) : BigInt(raw))
  return bytes
}

function setWhole(view: DataView, value: bigint): void {
  for (let at = view.byteLength - 1, rest = value; at >= 0; at--, rest >>= 8n)
    view.setUint8(at, Number(rest & 0xffn))
}

function swapped(bytes: Uint8Array, swap: Swap | undefined): DataView {
  const pairs = Array.from({ length: bytes.length / 2 }, (_, n) => [...bytes.slice(n * 2, n * 2 + 2)])
  const inOrder = swap === 'words' || swap === 'both' ? pairs.toReversed() : pairs
  const isInWords = swap === 'bytes' || swap === 'both'
  return new DataView(
    Uint8Array.from(inOrder.flatMap((pair) => (isInWords ? pair.toReversed() : pair))).buffer,
  )
}

function decode(view: DataView, type: NumberType): number {
  switch (type) {
    case 'u16':
      return view.getUint16(0)
    case 'i16':
      return view.getInt16(0)
    case 'u32':
      return view.getUint32(0)
    case 'i32':
      return view.getInt32(0)
    case 'f32':
      return view.getFloat32(0)
    case 'u64':
      return Number(view.getBigUint64(0))
    case 'i64':
      return Number(view.getBigInt64(0))
    case 'f64':
      return view.getFloat64(0)
    case 'bcd16':
      return decimal(view.getUint16(0))
    case 'bcd32':
      return decimal(view.getUint32(0))
  }
}

/** NaN where a digit is none. */
function decimal(digits: number): number {
  return Number(digits.toString(16))
}
