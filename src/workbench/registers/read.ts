/** Reads what a technician asked for, with all that it may mean. */
import { interpret } from '../../domain/interpret.ts'
import { oddNumber } from '../../domain/misread.ts'
import type { SignalSpec, SignalValue, WordOrder } from '../../domain/signal.ts'
import { WORD_ORDERS } from '../../domain/signal.ts'
import { addressText, isBitArea, type ModbusAddress, sizeOf } from '../../drivers/modbus/address.ts'
import { decoderOf, unusable } from '../../drivers/modbus/decode.ts'
import type { UnitReader } from '../../drivers/modbus/unit-reader.ts'
import { bitsText, decodingsOf, hexText, type RegisterDecoding, textsOf } from './decodings.ts'
import { bytesAt, type FoundAddress, type FoundAddresses, scan } from './scan.ts'
import type { WantedRegisters } from './wanted.ts'

/** One register, or one bit of a bit area. */
export interface ReadRegister {
  /** In every form that a manual may use. */
  readonly address: string
  readonly wire: number
  /** Why it could not be read. */
  readonly why: string | undefined
  /** Four hexadecimal digits, or 0 and 1. */
  readonly raw: string | undefined
  readonly bits: string | undefined
  /** Readings that begin with this register. */
  readonly decodings: readonly RegisterDecoding[]
  readonly text: string | undefined
  readonly swappedText: string | undefined
}

/** What a signal of the map shows. */
interface ReadSignal {
  readonly name: string
  readonly raw: SignalValue
  readonly value: SignalValue
  /** Why it is no use, or odd. */
  readonly doubt: string | undefined
}

/** What came of one word of the command. */
export interface ReadRegisters {
  readonly wanted: WantedRegisters
  readonly registers: readonly ReadRegister[]
  readonly signal: ReadSignal | undefined
}

interface ReadOptions {
  /** The word order to show; all four where none was asked for. */
  readonly order: WordOrder | undefined
}

const REQUESTS_MAX = 400

/** @throws LinkLost when the unit does not answer at all */
export async function readRegisters(
  unit: UnitReader,
  wanted: WantedRegisters,
  { order }: ReadOptions,
): Promise<ReadRegisters> {
  const { maxRegisters, maxBits } = unit.settings
  const blockMax = isBitArea(wanted.area) ? maxBits : maxRegisters
  if (isAlone(wanted)) await hear(unit, wanted)
  const addresses = await scan(unit, wanted, { blockMax, requestsMax: REQUESTS_MAX })
  const orders = order === undefined ? WORD_ORDERS : [order]
  const shown = isAlone(wanted) ? 1 : wanted.count
  const registers = Array.from({ length: shown }, (_, n) =>
    registerAt(addresses, wanted, wanted.start + n, orders),
  )
  return {
    wanted,
    registers,
    signal: wanted.signal && readSignal(addresses, wanted.signal, unit.settings.wordOrder),
  }
}

/** The address that was named first: a unit that is silent at it is not asked for what stands behind. */
async function hear(unit: UnitReader, { area, start }: WantedRegisters): Promise<void> {
  const answer = await unit.ask({ area, start, count: 1 })
  if (answer.kind === 'unanswered' && !unit.hasAnswered) throw answer.lost
}

/** One address was named, and those behind it are read only to show it as a wider value. */
function isAlone({ written, signal }: WantedRegisters): boolean {
  return signal !== undefined || !/\.\.|-(?=[\dA-Za-z%])/.test(written)
}

function registerAt(
  addresses: FoundAddresses,
  { area, start, count }: WantedRegisters,
  wire: number,
  orders: readonly WordOrder[],
): ReadRegister {
  const address = addressText({ area, wire })
  const found = addresses.get(wire) ?? { why: 'not read' }
  if (!('bytes' in found)) return { ...NOTHING, address, wire, why: found.why }
  if (isBitArea(area)) return { ...NOTHING, address, wire, raw: String(found.bytes[0] ?? 0) }
  const behind = longestAt(addresses, wire, start + count - wire)
  const { plain, swapped } = textsOf(textBytes(addresses, wire, start + count))
  return {
    address,
    wire,
    why: undefined,
    raw: hexText(found.bytes),
    bits: bitsText(found.bytes),
    decodings: decodingsOf(behind, orders),
    text: plain,
    swappedText: swapped,
  }
}

const NOTHING: Omit<ReadRegister, 'address' | 'wire'> = {
  why: undefined,
  raw: undefined,
  bits: undefined,
  decodings: [],
  text: undefined,
  swappedText: undefined,
}

/** As many registers as one value may have, and as can be read. */
function longestAt(addresses: FoundAddresses, wire: number, available: number): Buffer {
  for (const count of [4, 2, 1]) {
    const bytes = count <= available ? bytesAt(addresses, wire, count) : undefined
    if (bytes) return bytes
  }
  return Buffer.alloc(0)
}

function textBytes(addresses: FoundAddresses, wire: number, end: number): Buffer {
  const parts: Buffer[] = []
  for (let at = wire; at < end; at++) {
    const found: FoundAddress | undefined = addresses.get(at)
    if (!found || !('bytes' in found) || found.bytes.every((byte) => byte === 0)) break
    parts.push(found.bytes)
  }
  return Buffer.concat(parts)
}

/** A signal as its map reads it. */
function readSignal(
  addresses: FoundAddresses,
  spec: SignalSpec<ModbusAddress>,
  orderOfDevice: WordOrder,
): ReadSignal {
  const { name, address, type = 'u16' } = spec
  const size = isBitArea(address.area) ? 1 : sizeOf(address, type)
  const bytes = bytesAt(addresses, address.wire, size)
  if (!bytes) {
    const missing = [...addresses.values()].find((found) => 'why' in found)
    return { name, raw: null, value: null, doubt: missing && 'why' in missing ? missing.why : 'not read' }
  }
  const raw = decoderOf(address, type, orderOfDevice)(bytes, 0)
  const fault = unusable(raw, type)
  if (fault !== undefined) return { name, raw: null, value: null, doubt: fault }
  const { value, fault: unexpected } = interpret(raw, spec)
  const isNumber = typeof raw === 'number' || typeof raw === 'bigint'
  return { name, raw, value, doubt: unexpected ?? (isNumber ? oddNumber(raw, type) : undefined) }
}
