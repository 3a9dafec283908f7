/**
 * Looks for the cause of a value that cannot be right: reads the places that are mistaken for the right one most often, and says
 * what stands there. What fits the map there names the cause.
 */
import { interpret } from '../../domain/interpret.ts'
import { howText, meantInstead, oddNumber, otherReadings, shortNumber } from '../../domain/misread.ts'
import type { SignalSpec, SignalValue, WordOrder } from '../../domain/signal.ts'
import {
  type Area,
  addressText,
  isBitArea,
  type ModbusAddress,
  sizeOf,
} from '../../drivers/modbus/address.ts'
import { decoderOf, unusable } from '../../drivers/modbus/decode.ts'
import type { UnitReader } from '../../drivers/modbus/unit-reader.ts'

/** A place that may be meant, and the mistake that it would be. */
interface Elsewhere {
  readonly area: Area
  readonly wire: number
  readonly mistake: string
}

const OTHER_AREA: Readonly<Record<Area, Area>> = {
  holding: 'input',
  input: 'holding',
  coil: 'discrete',
  discrete: 'coil',
}
const AREA_NAMES: Readonly<Record<Area, string>> = {
  holding: 'holding registers (4xxxx, function 3)',
  input: 'input registers (3xxxx, function 4)',
  coil: 'coils (0xxxx, function 1)',
  discrete: 'discrete inputs (1xxxx, function 2)',
}
const MODICON: Readonly<Record<string, Area>> = { '0': 'coil', '1': 'discrete', '3': 'input', '4': 'holding' }
const WIRE_MAX = 0xffff
/** A place that is not answered costs the time limit of the device, in which nobody else on its line is asked. */
const SILENCES_MAX = 2
const SILENT = Symbol('no answer')

/**
 * The cause, where it can be found; a line for each that may be it.
 * @param isMissing whether nothing can be read at the address of the signal
 * @throws LinkLost
 */
export async function lookAround(
  unit: UnitReader,
  spec: SignalSpec<ModbusAddress>,
  { raw, isMissing }: { readonly raw: SignalValue; readonly isMissing: boolean },
): Promise<readonly string[]> {
  const here = isMissing ? [] : otherwiseHere(spec, raw, spec.address.order ?? unit.settings.wordOrder)
  // A wide value that begins one register too early looks like one whose words are swapped: both are named.
  if (here.length > 0 && sizeOf(spec.address, spec.type ?? 'u16') === 1) return here
  const found = [...here]
  const shownElsewhere: SignalValue[] = []
  let silences = 0
  for (const place of elsewhere(spec.address)) {
    const value = await valueAt(unit, spec, place)
    if (value === SILENT && ++silences >= SILENCES_MAX) break
    if (value === undefined || value === SILENT) continue
    shownElsewhere.push(value)
    if (mayBeMeant(spec, value, isMissing)) found.push(elsewhereText(spec, place, value))
  }
  if (found.length > 0) return found
  return isAllZero(raw, shownElsewhere) ? [ALL_ZERO] : []
}

const ALL_ZERO =
  'everything around it is 0 too: the machine may be switched off, or this is the wrong area or address; search with: millrace find'

/** The same registers, read in another way: what the map expects names the cause. */
function otherwiseHere(
  spec: SignalSpec<ModbusAddress>,
  raw: SignalValue,
  order: WordOrder,
): readonly string[] {
  const { type = 'u16', names, expect } = spec
  if (typeof raw !== 'number' && typeof raw !== 'bigint') return []
  if (names) {
    const meant = otherReadings(raw, type).find(({ value }) => isNamed(spec, value))
    return meant
      ? [`with ${howText(meant, type, order)} it would be ${shortNumber(meant.value)}, which the map knows`]
      : []
  }
  const meant = expect ? meantInstead(raw, spec, order) : oddNumber(raw, type)
  return meant === undefined ? [] : [meant]
}

function elsewhere({ area, wire }: ModbusAddress): readonly Elsewhere[] {
  const asHex = Number.parseInt(String(wire), 16)
  const asDecimal = Number(/^\d+$/.test(wire.toString(16)) ? wire.toString(16) : Number.NaN)
  const [, digit = '', rest = ''] = /^([0134])(\d{4,5})$/.exec(String(wire).padStart(5, '0')) ?? []
  const modicon = wire >= 10_001 ? MODICON[digit] : undefined
  const places: readonly (Elsewhere | undefined)[] = [
    { area, wire: wire - 1, mistake: OFF_BY_ONE },
    { area, wire: wire + 1, mistake: OFF_BY_ONE },
    {
      area: OTHER_AREA[area],
      wire,
      mistake: `wrong area: it stands among the ${AREA_NAMES[OTHER_AREA[area]]}`,
    },
    modicon && {
      area: modicon,
      wire: Number(rest) - 1,
      mistake: 'the manual counts as modicon does: 5 digits, of which the first is the area',
    },
    { area, wire: asHex, mistake: 'the manual writes addresses in hex (addressing: hex, or 0x before it)' },
    { area, wire: asDecimal, mistake: 'the manual writes addresses in decimal, not in hex' },
    {
      area: OTHER_AREA[area],
      wire: wire - 1,
      mistake: `wrong area, and off by one: it stands among the ${AREA_NAMES[OTHER_AREA[area]]}`,
    },
  ]
  return places.flatMap((place) => (place && place.wire >= 0 && place.wire <= WIRE_MAX ? [place] : []))
}

const OFF_BY_ONE =
  'off by one: the manual may count from 0 (addressing: zero_based) where the map counts from 1, or the other way round'

/** Undefined where nothing usable stands; `silent` where the device gave no answer. */
async function valueAt(
  unit: UnitReader,
  { type = 'u16', address }: SignalSpec<ModbusAddress>,
  { area, wire }: Elsewhere,
): Promise<SignalValue | undefined | typeof SILENT> {
  const count = isBitArea(area) ? 1 : sizeOf(address, type)
  if (wire + count - 1 > WIRE_MAX) return undefined
  const answer = await unit.ask({ area, start: wire, count }, { triesMax: 1 })
  if (answer.kind === 'unanswered') return SILENT
  if (answer.kind === 'refused') return undefined
  const raw = decoderOf({ ...address, area, wire }, type, unit.settings.wordOrder)(answer.bytes, 0)
  return unusable(raw, type) === undefined ? raw : undefined
}

/** What fits the map; where the map expects nothing, whatever is there where the address itself is not. */
function mayBeMeant(spec: SignalSpec<ModbusAddress>, raw: SignalValue, isMissing: boolean): boolean {
  if (spec.names) return isNamed(spec, raw)
  if (spec.expect) return interpret(raw, spec).fault === undefined && Number(raw) !== 0
  const isNumber = typeof raw === 'number' || typeof raw === 'bigint'
  const isOdd = isNumber && oddNumber(raw, spec.type ?? 'u16') !== undefined
  return isMissing ? !isOdd : Number(raw) !== 0 && !isOdd
}

function isNamed({ names = {}, ...spec }: SignalSpec<ModbusAddress>, raw: SignalValue): boolean {
  const { '*': _others, ...known } = names
  return Object.values(known).includes(String(interpret(raw, { ...spec, names: known }).value))
}

function elsewhereText(
  spec: SignalSpec<ModbusAddress>,
  { mistake, ...place }: Elsewhere,
  raw: SignalValue,
): string {
  const { value } = interpret(raw, spec)
  const fits = spec.names || spec.expect ? ', which the map expects' : ''
  return `${mistake}; ${addressText({ ...spec.address, ...place })} shows ${String(value)}${fits}`
}

function isAllZero(raw: SignalValue, others: readonly SignalValue[]): boolean {
  const isZero = (value: SignalValue) => value !== null && Number(value) === 0
  return isZero(raw) && others.every(isZero)
}
