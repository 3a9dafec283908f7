/** Where in the registers the displayed value may stand: every type, order and scale, the most plausible first. */
import { shortNumber } from '../../domain/misread.ts'
import type { SignalType, SignalValue, WordOrder } from '../../domain/signal.ts'
import { type Area, addressText, isBitArea } from '../../drivers/modbus/address.ts'
import { type Displayed, matchOf, SCALES } from '../display.ts'
import { decodingsOf, textsOf } from './decodings.ts'
import { bytesAt, type FoundAddresses } from './scan.ts'

/** One place that shows the value. */
export interface RegisterMatch {
  readonly area: Area
  readonly wire: number
  readonly type: SignalType
  readonly order: WordOrder | undefined
  readonly scale: number
  /** What the registers hold, and what that is on the display. */
  readonly raw: SignalValue
  readonly shown: number | string
  /** In registers. */
  readonly size: number
  /** Of a text: its characters, and whether the two of each register are swapped. */
  readonly chars: number | undefined
  readonly isSwapped: boolean
  /** The lower, the more plausible. */
  readonly doubt: number
}

const WIDEST = 4

/** All places in one area. */
export function candidatesIn(
  area: Area,
  addresses: FoundAddresses,
  displayed: Displayed,
): readonly RegisterMatch[] {
  if (isBitArea(area)) return []
  const starts = [...addresses.keys()]
  if (displayed.kind === 'text')
    return starts.flatMap((wire) => textsAt(area, addresses, wire, displayed.text))
  return withoutEchoes(starts.flatMap((wire) => numbersAt(area, addresses, wire, displayed)))
}

/** The most plausible first; of equals the lowest address. */
export function ranked(candidates: readonly RegisterMatch[]): readonly RegisterMatch[] {
  return candidates.toSorted((a, b) => a.doubt - b.doubt || a.area.localeCompare(b.area) || a.wire - b.wire)
}

type NumberShown = Extract<Displayed, { kind: 'number' }>

function numbersAt(
  area: Area,
  addresses: FoundAddresses,
  wire: number,
  displayed: NumberShown,
): readonly RegisterMatch[] {
  const bytes = [WIDEST, 2, 1]
    .map((count) => bytesAt(addresses, wire, count))
    .find((found) => found !== undefined)
  if (!bytes) return []
  return decodingsOf(bytes).flatMap((decoding) => {
    const { type, order, value: raw, size } = decoding
    const number = Number(raw)
    // The same bits without their sign stand beside it.
    if (!Number.isFinite(number) || (type.startsWith('i') && number >= 0)) return []
    return SCALES.flatMap((scale) => {
      const shown = number * scale
      const match = matchOf(shown, displayed)
      if (!match) return []
      const doubt = doubtOf({ type, order, scale, number, isRounded: match === 'rounded' }, displayed)
      const place = { area, wire, type, order, scale, raw, size, chars: undefined, isSwapped: false }
      return [{ ...place, shown: Number(shortNumber(shown)), doubt }]
    })
  })
}

interface Judged {
  readonly type: SignalType
  readonly order: WordOrder | undefined
  readonly scale: number
  readonly number: number
  readonly isRounded: boolean
}

const TYPE_DOUBT: Readonly<Partial<Record<SignalType, number>>> = {
  f32: 0,
  u16: 0.5,
  i16: 0.5,
  u32: 1,
  i32: 1,
  f64: 1,
  u64: 2.5,
  i64: 2.5,
  bcd16: 3,
  bcd32: 3.5,
}
const ORDER_DOUBT: Readonly<Record<WordOrder, number>> = { ABCD: 0, CDAB: 0.5, BADC: 2, DCBA: 2 }
/** A number as small as this stands in many registers by chance. */
const SMALL = 10

/** Many bits that agree are no chance; a rare scale, order or type has to be believed besides. */
function doubtOf({ type, order, scale, number, isRounded }: Judged, { decimals }: NumberShown): number {
  const isFloat = type.startsWith('f')
  const isOfDecimals = Math.abs(scale * 10 ** decimals - 1) < 1e-9
  const ofScale = scale === 1 ? 0 : isOfDecimals && !isFloat ? 0.5 : scale < 1 ? 2 : 3
  const small = !isFloat && Math.abs(number) < SMALL ? 3 : 0
  // A whole number cannot hold more decimals than the display shows, so a rounded one is odd.
  const rounded = isRounded ? (isFloat ? 0.2 : 1.5) : 0
  return (TYPE_DOUBT[type] ?? 4) + (order ? ORDER_DOUBT[order] : 0) + ofScale + small + rounded
}

/**
 * A wide number whose other registers are zero is the same as the narrow one within it. It is left to the narrow one, which is
 * what stands there in most devices; where it is wide in truth, that shows only once it has grown.
 */
function withoutEchoes(candidates: readonly RegisterMatch[]): readonly RegisterMatch[] {
  const narrow = candidates.filter(({ type }) => type === 'u16' || type === 'i16')
  return candidates.filter(
    (one) =>
      !/^[ui](32|64)$/.test(one.type) ||
      Math.abs(Number(one.raw)) > 0xffff ||
      !narrow.some(
        ({ wire, scale, raw }) =>
          scale === one.scale &&
          wire >= one.wire &&
          wire < one.wire + one.size &&
          Number(raw) === Number(one.raw),
      ),
  )
}

function textsAt(
  area: Area,
  addresses: FoundAddresses,
  wire: number,
  wanted: string,
): readonly RegisterMatch[] {
  const size = Math.ceil(wanted.length / 2)
  const bytes = bytesAt(addresses, wire, size)
  if (!bytes) return []
  const { plain, swapped } = textsOf(bytes)
  const found = [
    { text: plain, isSwapped: false },
    { text: swapped, isSwapped: true },
  ].find(({ text }) => text?.toLowerCase().startsWith(wanted.toLowerCase()))
  if (!found) return []
  const { isSwapped } = found
  const place = { area, wire, type: 'string' as const, order: undefined, scale: 1, size, isSwapped }
  return [{ ...place, raw: wanted, shown: wanted, chars: size * 2, doubt: isSwapped ? 1 : 0 }]
}

/** A line that can be put below `signals:` of a map. */
export function mapLine(match: RegisterMatch, name = 'value'): string {
  const keys = Object.entries(matchKeys(match)).map(([key, value]) => `${key}: ${value}`)
  return `${name}: {${keys.join(', ')}}`
}

/** The keys of a signal that shows it. */
export function matchKeys({
  area,
  wire,
  type,
  order,
  scale,
  chars,
  isSwapped,
}: RegisterMatch): Record<string, string | number> {
  const at = addressText({ area, wire }).split(' ')[0] ?? ''
  return {
    at: chars === undefined ? at : `${at}/${chars}`,
    type,
    ...(order !== undefined && order !== 'ABCD' && { word_order: order }),
    ...(scale !== 1 && { scale }),
    ...(isSwapped && { text: 'swapped' }),
  }
}
