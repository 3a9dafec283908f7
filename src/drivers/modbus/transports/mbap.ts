/**
 * The header of Modbus TCP: number of the request, protocol (always 0), length of what follows, unit. It puts the frames of
 * a stream together, and steps over bytes that cannot be the header of one, such as the text with which some converters
 * register themselves.
 */

const HEADER_BYTES = 7
/** What the length counts: at least unit, function and one byte; at most unit and 253 bytes. */
const LENGTH_MIN = 3
const LENGTH_MAX = 254
/** The function code of an exception is above this. */
const EXCEPTION = 0x80
/** Of what was stepped over, this many bytes are kept for messages. */
const SKIPPED_MAX = 64

const NOTHING = Buffer.alloc(0)

/** One answer as it came. */
export interface MbapFrame {
  readonly transaction: number
  readonly unit: number
  /** Function code and what follows. It lies where the bytes came, and has to be copied if it is to be kept. */
  readonly pdu: Buffer
}

/** A frame with room for `pduBytes` behind its header, all of which has still to be written. */
export function mbapFrame(transaction: number, unit: number, pduBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + pduBytes)
  frame.writeUInt16BE(transaction, 0)
  frame.writeUInt16BE(0, 2)
  frame.writeUInt16BE(pduBytes + 1, 4)
  frame.writeUInt8(unit, 6)
  return frame
}

/** Where a request has its function code. */
export const PDU_OFFSET = HEADER_BYTES

/** Reads the frames of one connection. */
export class MbapReader {
  #left: Buffer = NOTHING
  #skipped: Buffer = NOTHING

  /**
   * The frames that are complete with these bytes. A device may send only a part of an answer, and then another one, whose bytes
   * must not be taken for the rest of the first. That is seen by the number of the second: `isOurs` knows which may be answered.
   * @param data may be overwritten afterwards
   */
  take(data: Buffer, isOurs: (transaction: number) => boolean): readonly MbapFrame[] {
    this.#left = this.#left.length === 0 ? data : Buffer.concat([this.#left, data])
    const frames: MbapFrame[] = []
    for (let frame = this.#next(isOurs); frame; frame = this.#next(isOurs)) frames.push(frame)
    this.#left = this.#left.length === 0 ? NOTHING : Buffer.from(this.#left)
    return frames
  }

  /** Bytes since the last {@link discard} that belong to no frame. */
  get strayBytes(): Buffer {
    return Buffer.concat([this.#skipped, this.#left]).subarray(0, SKIPPED_MAX)
  }

  /** The number of the frame that has begun to come; undefined where none has, or its header is not complete. */
  get begun(): number | undefined {
    return this.#left.length < HEADER_BYTES ? undefined : this.#left.readUInt16BE(0)
  }

  /** Of a frame that has begun: how many bytes its header announces, and how many of these have come. */
  get progress(): { readonly announced: number; readonly came: number } {
    return { announced: this.#left.readUInt16BE(4), came: this.#left.length - HEADER_BYTES + 1 }
  }

  /** Throws away what is not complete. */
  discard(): void {
    this.#left = NOTHING
    this.#skipped = NOTHING
  }

  /** Without recursion: a device may send tens of thousands of bytes at once of which every few look like a header. */
  #next(isOurs: (transaction: number) => boolean): MbapFrame | undefined {
    while (true) {
      this.#skip()
      if (this.#left.length < HEADER_BYTES) return undefined
      const end = HEADER_BYTES - 1 + this.#left.readUInt16BE(4)
      const other = this.#answerWithin(end, isOurs)
      if (other === undefined) return this.#left.length < end ? undefined : this.#frameTo(end)
      this.#stepOver(other)
    }
  }

  #frameTo(end: number): MbapFrame {
    const frame = {
      transaction: this.#left.readUInt16BE(0),
      unit: this.#left.readUInt8(6),
      pdu: this.#left.subarray(HEADER_BYTES, end),
    }
    this.#left = this.#left.subarray(end)
    return frame
  }

  /**
   * Where another answer begins before this one is complete. Registers may look like the header of an answer; then this one ends
   * where its own header says, with nothing behind it.
   */
  #answerWithin(end: number, isOurs: (transaction: number) => boolean): number | undefined {
    const bytes = this.#left
    const last = Math.min(end - 1, bytes.length - HEADER_BYTES)
    for (let at = 1; at <= last; at++) {
      if (!isHeader(bytes, at)) continue
      const mayBegin = bytes.length > end || isOurs(bytes.readUInt16BE(at))
      if (mayBegin && mayBeAnswer(bytes, at)) return at
    }
    return undefined
  }

  /** Steps forward to the next place that may be a header. */
  #skip(): void {
    let at = 0
    while (this.#left.length - at >= HEADER_BYTES && !isHeader(this.#left, at)) at++
    if (at > 0) this.#stepOver(at)
  }

  #stepOver(at: number): void {
    const room = SKIPPED_MAX - this.#skipped.length
    if (room > 0) this.#skipped = Buffer.concat([this.#skipped, this.#left.subarray(0, Math.min(at, room))])
    this.#left = this.#left.subarray(at)
  }
}

/** Asked at each byte of each answer. */
function isHeader(bytes: Buffer, at: number): boolean {
  if (bytes[at + 2] !== 0 || bytes[at + 3] !== 0) return false
  const length = bytes.readUInt16BE(at + 4)
  return length >= LENGTH_MIN && length <= LENGTH_MAX
}

/** Whether the function and the count of bytes behind a header fit it, as far as they have come. */
function mayBeAnswer(bytes: Buffer, at: number): boolean {
  const functionCode = bytes[at + HEADER_BYTES]
  const count = bytes[at + HEADER_BYTES + 1]
  if (functionCode === undefined || count === undefined) return true
  return functionCode > EXCEPTION || count === bytes.readUInt16BE(at + 4) - LENGTH_MIN
}
