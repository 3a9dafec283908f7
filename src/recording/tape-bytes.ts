/**
 * How the values of a tape become bytes, one behind the other as they come: as MessagePack writes them (nil, booleans, whole numbers of
 * up to 32 bits, floats of 64 bits, texts as UTF-8). What it has no form for that every reader understands, such as numbers of 64 bits
 * and objects, is binary data (`bin 32`) as V8 serializes it.
 *
 * As a list, each value would take eight bytes of V8's heap, outlive the young generation, and be copied to be written. Earlier versions
 * wrote such lists, as V8 serializes them. These begin with the byte 0xFF; a tape begins with the code of an entry, which is never that.
 */
import { deserialize, serialize } from 'node:v8'

/** By the names of MessagePack's specification. */
const FORM = {
  fixintMax: 0x7f,
  nil: 0xc0,
  false: 0xc2,
  true: 0xc3,
  bin32: 0xc6,
  float64: 0xcb,
  uint8: 0xcc,
  uint16: 0xcd,
  uint32: 0xce,
  int32: 0xd2,
  str32: 0xdb,
} as const
const UINT8_MAX = 0xff
const UINT16_MAX = 0xffff
const UINT32_MAX = 0xffff_ffff
const INT32_MIN = -0x8000_0000
/** The byte with which V8 begins whatever it serializes. */
const V8_HEADER = 0xff

/** Bytes of the longest value that is neither text nor binary data. */
const NUMBER_BYTES_MAX = 9
/** Bytes before a text and binary data. */
const LENGTH_BYTES = 5
const FIRST_ROOM = 256
/** So much room is kept when a tape is emptied: twice what usually waits (`WAITING_BYTES_MAX` of the machine's tape). */
const ROOM_MAX = 32_768

/** Values that are written. */
export class TapeBytes {
  #bytes = Buffer.allocUnsafeSlow(FIRST_ROOM)
  #length = 0

  /** In bytes. */
  get length(): number {
    return this.#length
  }

  push(value: unknown): void {
    if (typeof value === 'number') this.#number(value)
    else if (value === null) this.#form(FORM.nil)
    else if (typeof value === 'boolean') this.#form(value ? FORM.true : FORM.false)
    // Half a pair of surrogates would not come back.
    else if (typeof value === 'string' && value.isWellFormed()) this.#text(value)
    else this.#binary(serialize(value))
  }

  cutTo(length: number): void {
    this.#length = length
  }

  /** Empties it. What a slow disk has let pile up leaves no room behind. */
  take(): Uint8Array {
    // With memory of its own, because that is what is handed to another thread.
    const taken = new Uint8Array(this.#bytes.subarray(0, this.#length))
    if (this.#bytes.length > ROOM_MAX) this.#bytes = Buffer.allocUnsafeSlow(FIRST_ROOM)
    this.#length = 0
    return taken
  }

  #number(value: number): void {
    this.#makeRoom(NUMBER_BYTES_MAX)
    const bytes = this.#bytes
    // Among whole numbers a negative zero would lose its sign.
    const isWhole = Number.isInteger(value) && !Object.is(value, -0)
    if (!isWhole || value > UINT32_MAX || value < INT32_MIN) {
      bytes[this.#length] = FORM.float64
      this.#length = bytes.writeDoubleBE(value, this.#length + 1)
    } else if (value < 0) {
      bytes[this.#length] = FORM.int32
      this.#length = bytes.writeInt32BE(value, this.#length + 1)
    } else this.#wholeNumber(bytes, value)
  }

  #wholeNumber(bytes: Buffer, value: number): void {
    let at = this.#length
    if (value > UINT16_MAX) {
      bytes[at++] = FORM.uint32
      bytes[at++] = value >>> 24
      bytes[at++] = value >>> 16
      bytes[at++] = value >>> 8
    } else if (value > UINT8_MAX) {
      bytes[at++] = FORM.uint16
      bytes[at++] = value >>> 8
    } else if (value > FORM.fixintMax) bytes[at++] = FORM.uint8
    // Only the lowest eight bits are kept.
    bytes[at++] = value
    this.#length = at
  }

  #form(form: number): void {
    this.#makeRoom(1)
    this.#bytes[this.#length] = form
    this.#length += 1
  }

  #text(value: string): void {
    const length = Buffer.byteLength(value)
    this.#begin(FORM.str32, length)
    this.#length += this.#bytes.write(value, this.#length)
  }

  #binary(value: Uint8Array): void {
    this.#begin(FORM.bin32, value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  #begin(form: number, length: number): void {
    this.#makeRoom(LENGTH_BYTES + length)
    this.#bytes[this.#length] = form
    this.#length = this.#bytes.writeUInt32BE(length, this.#length + 1)
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

/** Values that are read, in their order. */
export interface TapeValues {
  readonly isOver: boolean
  /** @throws RangeError where a value is cut off, or there is none */
  next(): unknown
}

/** The values of a piece of a tape, whichever version wrote it. */
export function tapeValues(bytes: Uint8Array): TapeValues {
  return bytes[0] === V8_HEADER ? new ListedValues(deserialize(bytes)) : new ByteValues(bytes)
}

class ByteValues implements TapeValues {
  readonly #bytes: Buffer
  #at = 0

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, length)
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length
  }

  next(): unknown {
    const form = this.#bytes.readUInt8(this.#step(1))
    if (form <= FORM.fixintMax) return form
    switch (form) {
      case FORM.nil:
        return null
      case FORM.false:
      case FORM.true:
        return form === FORM.true
      case FORM.uint8:
        return this.#bytes.readUInt8(this.#step(1))
      case FORM.uint16:
        return this.#bytes.readUInt16BE(this.#step(2))
      case FORM.uint32:
        return this.#bytes.readUInt32BE(this.#step(4))
      case FORM.int32:
        return this.#bytes.readInt32BE(this.#step(4))
      case FORM.float64:
        return this.#bytes.readDoubleBE(this.#step(8))
      case FORM.str32:
        return this.#lengthAndBytes().toString()
      case FORM.bin32:
        return deserialize(this.#lengthAndBytes())
      default:
        throw new RangeError(`a recording has a value of the unknown form ${form}`)
    }
  }

  #lengthAndBytes(): Buffer {
    const length = this.#bytes.readUInt32BE(this.#step(4))
    const at = this.#step(length)
    if (this.#at > this.#bytes.length) throw new RangeError('a value of a recording is cut off')
    return this.#bytes.subarray(at, this.#at)
  }

  /** Goes on by so many bytes. @returns where it was before */
  #step(bytes: number): number {
    this.#at += bytes
    return this.#at - bytes
  }
}

/** As versions before this one wrote them. */
class ListedValues implements TapeValues {
  readonly #values: readonly unknown[]
  #at = 0

  constructor(values: readonly unknown[]) {
    this.#values = values
  }

  get isOver(): boolean {
    return this.#at >= this.#values.length
  }

  next(): unknown {
    if (this.isOver) throw new RangeError('a value of a recording is cut off')
    this.#at += 1
    return this.#values[this.#at - 1]
  }
}
