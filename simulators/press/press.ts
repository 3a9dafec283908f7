/**
 * A press with a plain PLC: a state word, a fault code and counters in holding registers, read over Modbus TCP.
 *
 * It answers "read holding registers" and nothing else. Requests to write are counted and refused.
 */
import type { Condition, Panel, Traffic } from '../panel.ts'
import type { PressSpec } from '../scenario.ts'
import { serveModbus } from './modbus-server.ts'
import { pressRegisters, type Registers } from './registers.ts'

const READ_COILS = 1
const READ_HOLDING_REGISTERS = 3
const READ_INPUT_REGISTERS = 4
/** Write one coil (5), one register (6), coils (15), registers (16), with a mask (22), and write together with read (23). */
const WRITE_FUNCTIONS: ReadonlySet<number> = new Set([5, 6, 15, 16, 22, 23])

const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3
const DEVICE_FAILURE = 4

const REGISTERS_MAX = 125

export async function startPress(spec: PressSpec): Promise<Panel> {
  let registers: Registers = new Map()
  let condition: Condition = 'good'
  const traffic = { requests: 0, writeRequests: 0, polls: 0 }

  const server = await serveModbus((unit, pdu) => {
    // A Modbus server does not answer requests for another unit.
    if (unit !== spec.unit) return undefined
    count(pdu.readUInt8(0), traffic)
    return respond(pdu, registers, condition)
  })
  return {
    port: server.port,
    actingStates: () => [],
    show: (view) => {
      registers = pressRegisters(view, spec.word_order)
    },
    setCondition: (next) => {
      condition = next
    },
    traffic: () => ({ ...traffic }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function count(functionCode: number, traffic: { -readonly [Key in keyof Traffic]: Traffic[Key] }): void {
  traffic.requests += 1
  if (WRITE_FUNCTIONS.has(functionCode)) traffic.writeRequests += 1
  if (functionCode >= READ_COILS && functionCode <= READ_INPUT_REGISTERS) traffic.polls += 1
}

function respond(pdu: Buffer, registers: Registers, condition: Condition): Buffer {
  const functionCode = pdu.readUInt8(0)
  if (functionCode !== READ_HOLDING_REGISTERS) return exception(functionCode, ILLEGAL_FUNCTION)
  if (pdu.length !== 5) return exception(functionCode, ILLEGAL_VALUE)
  if (condition !== 'good') return exception(functionCode, DEVICE_FAILURE)
  return readHolding(registers, pdu.readUInt16BE(1), pdu.readUInt16BE(3))
}

function readHolding(registers: Registers, first: number, quantity: number): Buffer {
  if (quantity < 1 || quantity > REGISTERS_MAX) return exception(READ_HOLDING_REGISTERS, ILLEGAL_VALUE)
  const answer = Buffer.alloc(2 + quantity * 2)
  answer.writeUInt8(READ_HOLDING_REGISTERS, 0)
  answer.writeUInt8(quantity * 2, 1)
  for (let offset = 0; offset < quantity; offset += 1) {
    const value = registers.get(first + offset)
    if (value === undefined) return exception(READ_HOLDING_REGISTERS, ILLEGAL_ADDRESS)
    answer.writeUInt16BE(value, 2 + offset * 2)
  }
  return answer
}

function exception(functionCode: number, code: number): Buffer {
  return Buffer.from([functionCode | 0x80, code])
}
