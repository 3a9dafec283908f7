/**
 * Addresses as manuals print them, and what they are on the wire.
 *
 *     40101  400101  HR101  0x0064     one and the same holding register, wire address 100
 *     40101:12  40101.12               its bit 12, bit 0 being the lowest
 *     40120/20                         a text of 20 characters, two a register, from 40120 on
 *     30017  IR17                      input register        10001  DI1    discrete input
 *     00001  C1  CO1                   coil                  W3201  %MW3201  holding register, wire address 3201
 *
 * A prefix such as HR says the area, and `addressing` how the number counts. Numbers with `0x`, `W` or `%MW` count from 0,
 * as on the wire, whatever `addressing` says.
 */
import { type BitOrder, bitNumbersText, bitPlace } from '../../domain/bit-order.ts'
import { AddressFault } from '../../domain/driver.ts'
import type { SignalFormat, SignalType, TextForm, WordOrder } from '../../domain/signal.ts'
import type { Addressing } from './settings.ts'

/** The four tables of Modbus: coils and discrete inputs hold bits, input and holding registers hold words of 16 bits. */
export type Area = 'coil' | 'discrete' | 'input' | 'holding'

/** Where a signal stands in a device. */
export interface ModbusAddress {
  readonly area: Area
  /** From 0, as it goes over the wire. */
  readonly wire: number
  /** Bit of a register, 0 being the lowest. */
  readonly bit?: number
  /** Length of a text. */
  readonly chars?: number
  /** How the text lies in its registers; by the word order of the device where the map does not say. */
  readonly text?: TextForm
  /** Where it differs from the device's. */
  readonly order?: WordOrder
}

const REGISTERS_OF: Readonly<Record<Exclude<SignalType, 'string'>, number>> = {
  bit: 1,
  u8: 1,
  i8: 1,
  u16: 1,
  i16: 1,
  bcd16: 1,
  bcd32: 2,
  u32: 2,
  i32: 2,
  f32: 2,
  u64: 4,
  i64: 4,
  f64: 4,
}

/** One answer carries no more, and a value is never split over two. */
const REGISTERS_MAX = 125
const CHARS_MAX = 2 * REGISTERS_MAX
const WIRE_MAX = 0xffff
/** Its longest length and its present one, a byte each. */
const SIEMENS_HEAD_BYTES = 2

const PREFIX_AREAS: Readonly<Record<string, Area>> = {
  HR: 'holding',
  IR: 'input',
  DI: 'discrete',
  CO: 'coil',
  C: 'coil',
  W: 'holding',
  '%MW': 'holding',
  '%IW': 'input',
  '%M': 'coil',
}
/** In `hex`, C17 is a number, so a coil is CO17 there. */
const DECIMAL = /^(HR|IR|DI|CO|C|W|%MW|%IW|%M)?(0X[0-9A-F]+|[0-9]+)(?:[:.](\d+)|\/(\d+))?$/
const HEXADECIMAL = /^(HR|IR|DI|CO|W|%MW|%IW|%M)?(0X[0-9A-F]+|[0-9A-F]+)(?:[:.](\d+)|\/(\d+))?$/
const WIRE_PREFIXES: ReadonlySet<string> = new Set(['W', '%MW', '%IW', '%M'])
const MODICON_AREAS: Readonly<Record<string, Area>> = {
  0: 'coil',
  1: 'discrete',
  3: 'input',
  4: 'holding',
}
const MODICON_DIGITS: Readonly<Record<Area, string>> = { coil: '0', discrete: '1', input: '3', holding: '4' }
const FUNCTION_CODES: Readonly<Record<Area, number>> = { coil: 1, discrete: 2, holding: 3, input: 4 }

/**
 * Understands one address. `text` must be exactly what the file says: as YAML numbers, 00001 and 40101.10 lose digits.
 * @throws AddressFault
 */
export function parseModbusAddress(
  text: string,
  format: SignalFormat,
  settings: { readonly addressing: Addressing },
): ModbusAddress {
  const { type } = format
  const parts = splitAddress(text, settings.addressing)
  const bit = parts.bit === undefined ? undefined : registerBit(text, parts.bit, format.bitOrder)
  const found = locate(parts, type, settings.addressing)
  const address: ModbusAddress = {
    ...found,
    ...(bit === undefined ? {} : { bit }),
    ...(parts.chars === undefined ? {} : { chars: parts.chars }),
    ...(format.text === undefined ? {} : { text: format.text }),
    ...(format.wordOrder === undefined ? {} : { order: format.wordOrder }),
  }
  if (type !== undefined) checkType(text, address, type)
  return address
}

/** How many registers, or single bits of a bit area, a value takes. */
export function sizeOf(address: ModbusAddress, type: SignalType): number {
  return type === 'string' ? registersOfText(address) : REGISTERS_OF[type]
}

function registersOfText({ chars = 0, text }: ModbusAddress): number {
  switch (text) {
    case 'wide':
    case 'utf16':
      return chars
    case 'siemens':
      return Math.ceil((chars + SIEMENS_HEAD_BYTES) / 2)
    default:
      return Math.ceil(chars / 2)
  }
}

/** Whether the area holds single bits instead of registers. */
export function isBitArea(area: Area): boolean {
  return area === 'coil' || area === 'discrete'
}

/** The function code that reads this area. */
export function functionCode(area: Area): number {
  return FUNCTION_CODES[area]
}

/** All forms of an address, so that it is found again in any manual: `40101 = wire 100 (0x0064), function 3`. */
export function addressText({ area, wire }: ModbusAddress): string {
  const number = String(wire + 1).padStart(wire < 9_999 ? 4 : 5, '0')
  const hex = wire.toString(16).toUpperCase().padStart(4, '0')
  return `${MODICON_DIGITS[area]}${number} = wire ${wire} (0x${hex}), function ${functionCode(area)}`
}

interface AddressParts {
  readonly text: string
  readonly prefix: string
  readonly number: string
  readonly bit: number | undefined
  readonly chars: number | undefined
}

/** A number that a spreadsheet has shortened, as 4,01E+04: which of the digits it had is known to nobody. */
const SHORTENED = /^\d+(?:[.,]\d+)?E\+\d+$/i

function formHint(text: string): string {
  return SHORTENED.test(text.trim())
    ? 'a spreadsheet has rounded it: set the column to text there, and type the address again'
    : 'write it as 40101, 30017, HR101 or 0x0064'
}

function splitAddress(text: string, addressing: Addressing): AddressParts {
  const pattern = addressing === 'hex' ? HEXADECIMAL : DECIMAL
  const [, prefix = '', number, bit, chars] = pattern.exec(text.trim().toUpperCase()) ?? []
  if (number === undefined) {
    throw new AddressFault(`"${text}" is not a Modbus address`, formHint(text))
  }
  if (chars !== undefined && (Number(chars) < 1 || Number(chars) > CHARS_MAX)) {
    throw new AddressFault(`"${text}": a text has 1 to ${CHARS_MAX} characters`)
  }
  return {
    text,
    prefix,
    number,
    bit: bit === undefined ? undefined : Number(bit),
    chars: chars === undefined ? undefined : Number(chars),
  }
}

/** How far the bit is from the lowest one of its register. */
function registerBit(text: string, number: number, order: BitOrder = 'lsb0'): number {
  const count = { order, width: 16 }
  const place = bitPlace(number, count)
  if (place !== undefined) return place
  if (/^\d{1,3}\.\d{3}$/.test(text)) throw thousandsPoint(text)
  throw new AddressFault(
    `"${text}": a register has no bit ${number}`,
    `bits count from ${bitNumbersText(count)}`,
  )
}

/** `40.101`, as a spreadsheet prints 40101. */
function thousandsPoint(text: string): AddressFault {
  return new AddressFault(
    `"${text}": what stands behind a point is a bit, and a register has no bit ${text.split('.')[1]}`,
    `did you mean ${text.replace('.', '')}?`,
  )
}

type WireAddress = Pick<ModbusAddress, 'area' | 'wire'>

function locate(parts: AddressParts, type: SignalType | undefined, addressing: Addressing): WireAddress {
  const { text, prefix, number } = parts
  const isWire = WIRE_PREFIXES.has(prefix) || number.startsWith('0X')
  const named = PREFIX_AREAS[prefix]
  if (!isWire && addressing === 'modicon') {
    const modicon = modiconAddress(parts, type)
    if (modicon && (named === undefined || named === modicon.area)) return modicon
    if (named === undefined) throw notModicon(text)
  }
  const area = named ?? unnamedArea(parts, type)
  const counted = isHex(number, addressing) ? Number.parseInt(number.replace(/^0X/, ''), 16) : Number(number)
  const first = !isWire && (addressing === 'modicon' || addressing === 'one_based') ? 1 : 0
  return { area, wire: checkWire(text, counted - first, first) }
}

function isHex(number: string, addressing: Addressing): boolean {
  return number.startsWith('0X') || addressing === 'hex'
}

/** 40101 or 400101: the first digit is the area, the rest counts from 1. A coil may have lost its leading zeros. */
function modiconAddress({ number }: AddressParts, type: SignalType | undefined): WireAddress | undefined {
  if (!/^\d{1,6}$/.test(number)) return undefined
  const isCoil = number.length < 5 && (type === 'bit' || type === undefined)
  if (number.length < 5 && !isCoil) return undefined
  const area = isCoil ? 'coil' : MODICON_AREAS[number.slice(0, 1)]
  const wire = Number(isCoil ? number : number.slice(1)) - 1
  return area === undefined || wire < 0 || wire > WIRE_MAX ? undefined : { area, wire }
}

function notModicon(text: string): AddressFault {
  return new AddressFault(
    `"${text}" is not a modicon address`,
    'these have 5 or 6 digits, from 00001 (coils), 10001 (discrete inputs), 30001 (input registers) or 40001 (holding registers) on; for other manuals set addressing: one_based, zero_based or hex',
  )
}

function unnamedArea({ text, bit }: AddressParts, type: SignalType | undefined): Area {
  if (type !== 'bit' || bit !== undefined) return 'holding'
  throw new AddressFault(
    `"${text}" does not say where this bit is`,
    'write CO17 for a coil, DI17 for a discrete input, or 100:12 for bit 12 of a register',
  )
}

function checkWire(text: string, wire: number, first: number): number {
  if (Number.isInteger(wire) && wire >= 0 && wire <= WIRE_MAX) return wire
  throw new AddressFault(
    `"${text}" is outside of what Modbus can address`,
    `from ${first} to ${WIRE_MAX + first}`,
  )
}

function checkType(text: string, address: ModbusAddress, type: SignalType): void {
  const { area, wire, bit, chars } = address
  if (isBitArea(area) && (type !== 'bit' || bit !== undefined || chars !== undefined)) {
    throw new AddressFault(`"${text}" is a single bit (${area})`, 'its type is bit')
  }
  if (!isBitArea(area) && type === 'bit' && bit === undefined) {
    throw new AddressFault(`"${text}" is a whole register`, `name its bit, as in "${text}:0", or type: u16`)
  }
  if (bit !== undefined && type !== 'bit') {
    throw new AddressFault(
      `"${text}" is one bit of a register`,
      `type: bit, or leave out the bit for ${type}`,
    )
  }
  if ((chars !== undefined) !== (type === 'string')) {
    throw new AddressFault(
      `"${text}" ${chars === undefined ? 'does not say how long the text is' : `is a text, not ${type}`}`,
      chars === undefined ? `write "${text}/20" for 20 characters` : 'type: string',
    )
  }
  if (sizeOf(address, type) > REGISTERS_MAX) {
    throw new AddressFault(
      `"${text}": such a text does not fit into one answer of ${REGISTERS_MAX} registers`,
      `give it fewer characters`,
    )
  }
  if (wire + sizeOf(address, type) - 1 > WIRE_MAX) {
    throw new AddressFault(`"${text}" reaches beyond the last register`)
  }
}
