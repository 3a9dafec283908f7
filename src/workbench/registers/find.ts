/**
 * Finds a displayed value among the registers of a device: reads a range of them slowly, lists where the value may stand, and
 * reads those places again after a while, since only the right one goes on showing what the display shows.
 */
import type { Area } from '../../drivers/modbus/address.ts'
import { decoderOf } from '../../drivers/modbus/decode.ts'
import type { UnitReader } from '../../drivers/modbus/unit-reader.ts'
import { type Displayed, matchOf } from '../display.ts'
import { candidatesIn, type RegisterMatch, ranked } from './candidates.ts'
import { bytesAt, type FoundAddresses, type RegisterRange, scan } from './scan.ts'

/** What the second reading showed of a candidate. */
export type Confirmation =
  | 'agrees' // It shows what the display then showed.
  | 'moved' // It has changed a little, as a measured value does.
  | 'same'
  | 'jumped' // It has changed more than a measured value does in so short a time.
  | 'gone' // It could not be read again.

/** A place, and what became of it. */
export interface FoundPlace extends RegisterMatch {
  readonly confirmation: Confirmation | undefined
  /** What it showed the second time. */
  readonly later: number | string | undefined
}

/** What was searched, and found. */
export interface FoundValue {
  readonly places: readonly FoundPlace[]
  readonly searched: readonly {
    readonly range: RegisterRange
    readonly readable: number
    readonly why: string | undefined
  }[]
}

/** Small blocks, so that an address that the device does not have costs little. */
const BLOCK_MAX = 64
const REQUESTS_MAX = 1_000
/** More places than this prove nothing, and are not asked again. */
const CONFIRMED_MAX = 60
/** A measured value seldom changes by more within seconds. */
const JUMP = 0.2

/**
 * One look at the ranges.
 * @throws LinkLost
 */
export async function searchRegisters(
  unit: UnitReader,
  ranges: readonly RegisterRange[],
  displayed: Displayed,
): Promise<FoundValue> {
  const searched: FoundValue['searched'][number][] = []
  const candidates: RegisterMatch[] = []
  for (const range of ranges) {
    const blockMax = Math.min(BLOCK_MAX, unit.settings.maxRegisters)
    const addresses = await scan(unit, range, { blockMax, requestsMax: REQUESTS_MAX, isQuick: true })
    const all = [...addresses.values()]
    const readable = all.filter((found) => 'bytes' in found).length
    const why = all.flatMap((found) => ('why' in found ? [found.why] : []))[0]
    searched.push({ range, readable, why: readable === 0 ? why : undefined })
    candidates.push(...candidatesIn(range.area, addresses, displayed))
  }
  const places = ranked(candidates).map((one) => ({ ...one, confirmation: undefined, later: undefined }))
  return { places, searched }
}

/**
 * A second look at what was found.
 * @param then what the display shows now; undefined where nobody said
 * @throws LinkLost
 */
export async function confirmRegisters(
  unit: UnitReader,
  found: FoundValue,
  then: Displayed | undefined,
): Promise<FoundValue> {
  const again = found.places.slice(0, CONFIRMED_MAX)
  const byArea = await readAgain(unit, again)
  const places = again.map((place) => confirmed(place, byArea.get(place.area) ?? new Map(), then))
  const kept = then ? places.filter(({ confirmation }) => confirmation === 'agrees') : places
  return { ...found, places: kept.toSorted((a, b) => rankOf(a) - rankOf(b)) }
}

const RANKS: Readonly<Record<Confirmation, number>> = { agrees: 0, moved: 0, same: 0.5, jumped: 4, gone: 6 }

function rankOf({ doubt, confirmation }: FoundPlace): number {
  return doubt + (confirmation ? RANKS[confirmation] : 0)
}

async function readAgain(
  unit: UnitReader,
  places: readonly RegisterMatch[],
): Promise<ReadonlyMap<Area, FoundAddresses>> {
  const byArea = new Map<Area, Map<number, { bytes: Buffer } | { why: string }>>()
  for (const { area, wire, size } of places) {
    const addresses = byArea.get(area) ?? new Map()
    byArea.set(area, addresses)
    if (bytesAt(addresses, wire, size)) continue
    const block = await scan(unit, { area, start: wire, count: size }, { blockMax: size, requestsMax: 2 })
    for (const [at, cell] of block) addresses.set(at, cell)
  }
  return byArea
}

function confirmed(place: FoundPlace, addresses: FoundAddresses, then: Displayed | undefined): FoundPlace {
  const { area, wire, size, type, order, scale, shown } = place
  const bytes = bytesAt(addresses, wire, size)
  if (!bytes) return { ...place, confirmation: 'gone', later: undefined }
  if (typeof shown === 'string') return confirmedText(place, bytes, then)
  const number = Number(decoderOf({ area, wire }, type, order ?? 'ABCD')(bytes, 0)) * scale
  const later = Number(number.toPrecision(6))
  if (then) {
    const agrees = then.kind === 'number' && matchOf(number, then) !== undefined
    return { ...place, confirmation: agrees ? 'agrees' : 'jumped', later }
  }
  const change = Math.abs(later - shown)
  const confirmation =
    change === 0 ? 'same' : change <= Math.max(Math.abs(shown) * JUMP, 1) ? 'moved' : 'jumped'
  return { ...place, confirmation, later }
}

function confirmedText(place: FoundPlace, bytes: Buffer, then: Displayed | undefined): FoundPlace {
  const held = place.isSwapped ? Buffer.from(bytes).swap16() : bytes
  const later = held.toString('latin1').replace(/[\0 ]+$/, '')
  const wanted = then?.kind === 'text' ? then.text : String(place.shown)
  const agrees = later.toLowerCase().startsWith(wanted.toLowerCase())
  return { ...place, confirmation: agrees ? (then ? 'agrees' : 'same') : 'jumped', later }
}
