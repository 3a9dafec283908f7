/** What a device that is a table of registers answers, whatever carries the requests. */
import { type TableSpec, wireTable } from './table.ts'

const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3
const COILS = 1
const DISCRETE_INPUTS = 2
const HOLDING_REGISTERS = 3
const INPUT_REGISTERS = 4

/** The table that each function code reads. */
const TABLES = {
  [COILS]: 'coil',
  [DISCRETE_INPUTS]: 'discrete',
  [HOLDING_REGISTERS]: 'holding',
  [INPUT_REGISTERS]: 'input',
} as const

/**
 * Only "read" is answered, and only what the table has: like a real device it refuses a request that touches a register which is
 * not there, or that is too long for it.
 */
export function tableAnswers(spec: TableSpec): (pdu: Buffer) => Buffer {
  const table = wireTable(spec)
  return (pdu) => respond(pdu, spec, (kind, wire) => table.get(`${kind} ${wire}`))
}

/** Whether an answer refuses what was asked. */
export function isRefusal(answer: Buffer): boolean {
  return ((answer[0] ?? 0) & 0x80) !== 0
}

type Find = (table: string, wire: number) => number | undefined

function respond(pdu: Buffer, spec: TableSpec, find: Find): Buffer {
  const code = pdu.readUInt8(0)
  const table = TABLES[code as keyof typeof TABLES]
  if (table === undefined) return exception(code, ILLEGAL_FUNCTION)
  if (pdu.length !== 5) return exception(code, ILLEGAL_VALUE)
  const [first, count] = [pdu.readUInt16BE(1), pdu.readUInt16BE(3)]
  const isBits = code === COILS || code === DISCRETE_INPUTS
  if (count < 1 || count > (isBits ? spec.max_bits : spec.max_registers))
    return exception(code, ILLEGAL_VALUE)
  const values = Array.from({ length: count }, (_, offset) => find(table, first + offset))
  if (!values.every((value) => value !== undefined)) return exception(code, ILLEGAL_ADDRESS)
  const data = isBits ? bitBytes(values) : wordBytes(values)
  return Buffer.concat([Buffer.from([code, data.length]), data])
}

function bitBytes(bits: readonly number[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [at, bit] of bits.entries()) {
    if (bit !== 0) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7))
  }
  return bytes
}

function wordBytes(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(words.length * 2)
  for (const [at, word] of words.entries()) bytes.writeUInt16BE(word, at * 2)
  return bytes
}

function exception(code: number, why: number): Buffer {
  return Buffer.from([code | 0x80, why])
}
