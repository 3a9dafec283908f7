/**
 * The frames of Modbus RTU: unit, function and what follows, and a check sum of two bytes. Where a frame ends is known from its
 * function and its length, because the pauses between frames do not survive USB adapters and networks.
 */
import type { ReadRequest } from '../request.ts'
import { REQUEST_BYTES, writeRequest } from './pdu.ts'

const CRC_BYTES = 2
/** Unit, function, exception, check sum. */
const EXCEPTION_BYTES = 5
/** Unit, function and length before the values, and the check sum behind them. */
const AROUND_VALUES_BYTES = 5
const VALUES_MAX = 250
/** Unit, function and length. */
const HEADER_BYTES = 3
/** The functions that read, and the exceptions to them. */
const FUNCTION_MAX = 4
const EXCEPTION = 0x80
/** More than the longest frame with the echo of its request before it. */
const LEFT_MAX = 512
const POLYNOMIAL = 0xa001

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1
  return crc
})

/** One answer as it came, its check sum being right. */
export interface RtuFrame {
  readonly unit: number
  /** Function code and what follows. */
  readonly pdu: Buffer
}

/** A request as it goes over the wire. */
export function rtuRequest(unit: number, request: ReadRequest): Buffer {
  const frame = Buffer.alloc(1 + REQUEST_BYTES + CRC_BYTES)
  frame.writeUInt8(unit, 0)
  writeRequest(frame, 1, request)
  frame.writeUInt16LE(crcOf(frame, 0, frame.length - CRC_BYTES), frame.length - CRC_BYTES)
  return frame
}

/** How many bytes an answer with these values has on the wire. */
export function rtuAnswerBytes(valueBytes: number): number {
  return valueBytes + AROUND_VALUES_BYTES
}

/** Reads the answers to one request after the other, and steps over what is none. */
export class RtuReader {
  #left: Buffer = Buffer.alloc(0)
  #request: Buffer = Buffer.alloc(0)
  #hasEcho = false

  /** A request is sent: what is there belongs to an earlier one. */
  begin(request: Buffer): void {
    this.#left = Buffer.alloc(0)
    this.#request = request
    this.#hasEcho = false
  }

  /**
   * The frames that are complete with these bytes. Where they begin as an answer does, one that was there before breaks off: the
   * check sum of 16 bits fits a part of an answer with bytes of the next in one of 65,536 cases.
   */
  take(data: Buffer): readonly RtuFrame[] {
    this.#left = isFrame(data, 0) || this.#isBegun(data) ? data : Buffer.concat([this.#left, data])
    this.#takeEcho()
    const frames: RtuFrame[] = []
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame)
    // A device that never stops sending: no answer can be as long as this.
    if (this.#left.length > LEFT_MAX) this.#left = this.#left.subarray(-LEFT_MAX)
    return frames
  }

  /** What comes next belongs to nothing that is there. */
  breakOff(): void {
    this.#left = Buffer.alloc(0)
  }

  /** Whether the request itself came back. */
  get hasEcho(): boolean {
    return this.#hasEcho
  }

  /** What has come and is no frame. */
  get strayBytes(): Buffer {
    return this.#left
  }

  /** Whether an answer to the request begins again that had begun before. */
  #isBegun(data: Buffer): boolean {
    const hasBegun = this.#left.length >= HEADER_BYTES && data.length >= HEADER_BYTES
    const header = data.subarray(0, HEADER_BYTES)
    const isToRequest = header.subarray(0, 2).equals(this.#request.subarray(0, 2))
    return hasBegun && isToRequest && this.#left.subarray(0, HEADER_BYTES).equals(header)
  }

  /** Adapters for RS-485 that hear themselves send each request back before the answer. */
  #takeEcho(): void {
    const { length } = this.#request
    if (this.#hasEcho || length === 0 || !this.#left.subarray(0, length).equals(this.#request)) return
    this.#hasEcho = true
    this.#left = this.#left.subarray(length)
  }

  /** Noise may stand before a frame: drivers of RS-485 often make a byte of nothing when they are switched. */
  #next(): RtuFrame | undefined {
    const bytes = this.#left
    for (let from = 0; from + EXCEPTION_BYTES <= bytes.length; from++) {
      if (!isFrame(bytes, from)) continue
      const end = from + frameBytes(bytes, from)
      this.#left = bytes.subarray(end)
      return { unit: bytes.readUInt8(from), pdu: bytes.subarray(from + 1, end - CRC_BYTES) }
    }
    return undefined
  }
}

/** Whether a whole frame begins there, whose check sum is right. */
function isFrame(bytes: Buffer, from: number): boolean {
  if (from + EXCEPTION_BYTES > bytes.length) return false
  const end = from + frameBytes(bytes, from)
  if (end === from || end > bytes.length) return false
  return bytes.readUInt16LE(end - CRC_BYTES) === crcOf(bytes, from, end - CRC_BYTES)
}

/** How long the frame is that begins there; 0 if none can. */
function frameBytes(bytes: Buffer, from: number): number {
  const functionCode = bytes.readUInt8(from + 1)
  const isException = functionCode > EXCEPTION && functionCode <= EXCEPTION + FUNCTION_MAX
  if (isException) return EXCEPTION_BYTES
  const values = bytes.readUInt8(from + 2)
  const isRead = functionCode >= 1 && functionCode <= FUNCTION_MAX && values >= 1 && values <= VALUES_MAX
  return isRead ? rtuAnswerBytes(values) : 0
}

function crcOf(bytes: Buffer, from: number, end: number): number {
  let crc = 0xffff
  for (let at = from; at < end; at++) crc = (crc >> 8) ^ (CRC_TABLE[(crc ^ bytes.readUInt8(at)) & 0xff] ?? 0)
  return crc
}
