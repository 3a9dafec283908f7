/**
 * What a request to read and its answer look like behind the header of any transport: function code first. There are four
 * functions that read, and no other one is ever built here.
 */
import { functionCode, isBitArea } from '../address.ts'
import type { Misfit, ModbusAnswer, ReadRequest } from '../request.ts'

/** A request without its header. */
export const REQUEST_BYTES = 5
/** The function code of an exception is that of its request plus this. */
const EXCEPTION = 0x80

/** Puts the request into `frame`, from `offset` on. */
export function writeRequest(frame: Buffer, offset: number, { area, start, count }: ReadRequest): void {
  frame.writeUInt8(functionCode(area), offset)
  frame.writeUInt16BE(start, offset + 1)
  frame.writeUInt16BE(count, offset + 3)
}

/** Whether this is the request itself, as a line that echoes sends it back. */
export function isEcho(pdu: Buffer, request: ReadRequest): boolean {
  if (pdu.length !== REQUEST_BYTES) return false
  const asked = Buffer.alloc(REQUEST_BYTES)
  writeRequest(asked, 0, request)
  return pdu.equals(asked)
}

/** How many bytes of values the answer to a request has. */
export function valueBytes({ area, count }: ReadRequest): number {
  return isBitArea(area) ? Math.ceil(count / 8) : count * 2
}

/** The answer, which begins with its function code, or why it cannot be the answer to this request. */
export function readAnswer(pdu: Buffer, request: ReadRequest): ModbusAnswer | Misfit {
  const asked = functionCode(request.area)
  const answered = pdu[0]
  // Some devices fill an exception up with further bytes.
  if (answered === (asked | EXCEPTION) && pdu.length >= 2) return { kind: 'exception', code: pdu[1] ?? 0 }
  if (answered !== asked) return misfit(otherFunctionText(answered ?? 0, pdu[1] ?? 0, asked))
  const bytes = pdu.subarray(2)
  if (pdu[1] !== bytes.length) {
    return misfit(`announced ${pdu[1]} bytes of values and sent ${bytes.length}`)
  }
  if (bytes.length !== valueBytes(request)) return misfit(lengthText(bytes.length, request))
  return { kind: 'data', bytes }
}

function misfit(what: string): Misfit {
  return { kind: 'misfit', what }
}

function otherFunctionText(answered: number, next: number, asked: number): string {
  const isException = answered >= EXCEPTION
  const what = isException ? `exception ${next} to function ${answered - EXCEPTION}` : `function ${answered}`
  return `answered ${what} where ${asked} was asked for`
}

function lengthText(bytes: number, request: ReadRequest): string {
  const { area, count } = request
  if (isBitArea(area)) return `sent ${bytes} bytes of bits where ${valueBytes(request)} were asked for`
  const sent = bytes % 2 === 0 ? registersText(bytes / 2) : `${bytes} bytes`
  return `sent ${sent} where ${registersText(count)} ${count === 1 ? 'was' : 'were'} asked for`
}

function registersText(count: number): string {
  return count === 1 ? '1 register' : `${count} registers`
}
