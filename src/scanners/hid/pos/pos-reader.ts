/** Reads the reports of a scanner in HID POS mode. They carry the code itself, so no keyboard layout can spoil it. */
import { SCAN_MAX_BYTES } from '../../framing/frame-ends.ts'
import { type Read, type ReportReader, UNKNOWN_LAYOUT } from '../report-reader.ts'
import { type PosLayout, USUAL_REPORT_ID, usualPosLayout } from './pos-layout.ts'

/** The parts of a long code follow each other within milliseconds. */
const NEXT_PART_MS = 500

/** A part of a code: what one report carries. */
interface Part {
  readonly data: Uint8Array
  readonly aimId: string | null
  readonly isContinued: boolean
}

export class PosReader implements ReportReader {
  /** Null: the device's own description could not be had. */
  readonly #layout: PosLayout | null
  /** Bytes that a scanner was programmed to put behind every code. They are no part of it. */
  readonly #suffix: Uint8Array
  #parts: Uint8Array[] = []
  /** Of all parts; those of a code that is too long are counted and not kept. */
  #length = 0

  constructor(layout: PosLayout | null, suffix: Uint8Array) {
    this.#layout = layout
    this.#suffix = suffix
  }

  get dueMs(): number | null {
    return this.#length === 0 ? null : NEXT_PART_MS
  }

  read(report: Uint8Array): readonly Read[] {
    const layout = this.#layout ?? usualPosLayout(report)
    const reportId = layout === undefined ? USUAL_REPORT_ID : layout.reportId
    // Other reports, such as the state of the trigger, are no codes.
    if (reportId !== null && report[0] !== reportId) return []
    if (layout === undefined) return this.#drop(UNKNOWN_LAYOUT, report.length)
    const part = partOf(report, layout)
    if (part === undefined) return this.#drop('a report that is cut off', report.length)
    this.#length += part.data.length
    if (this.#length <= SCAN_MAX_BYTES) this.#parts.push(part.data)
    if (part.isContinued) return []
    return this.#length > SCAN_MAX_BYTES
      ? this.#drop(`longer than ${SCAN_MAX_BYTES} bytes`)
      : this.#close(part.aimId)
  }

  pause(): readonly Read[] {
    return this.#drop('the rest of a long code did not come')
  }

  #close(aimId: string | null): readonly Read[] {
    const bytes = withoutSuffix(Buffer.concat(this.#parts), this.#suffix)
    this.#clear()
    return bytes.length === 0 ? [] : [{ kind: 'code', bytes, aimId }]
  }

  #drop(why: string, more = 0): readonly Read[] {
    const count = this.#length + more
    this.#clear()
    return count === 0 ? [] : [{ kind: 'discarded', count, why }]
  }

  #clear(): void {
    this.#parts = []
    this.#length = 0
  }
}

function partOf(report: Uint8Array, layout: PosLayout): Part | undefined {
  const { dataAt, dataLength, lengthAt, aimAt, continuedBit } = layout
  const field = report.subarray(dataAt, dataAt + dataLength)
  const length = lengthAt === null ? filledLength(field) : report[lengthAt]
  if (length === undefined || length > field.length) return undefined
  const isContinued = continuedBit !== null && isSet(report, continuedBit)
  const aimId = aimAt === null ? null : aimIdOf(report.subarray(aimAt, aimAt + 3))
  return { data: Uint8Array.from(field.subarray(0, length)), aimId, isContinued }
}

function filledLength(field: Uint8Array): number {
  return field.findLastIndex((byte) => byte !== 0) + 1
}

function isSet(report: Uint8Array, bit: number): boolean {
  return (((report[Math.floor(bit / 8)] ?? 0) >> (bit % 8)) & 1) === 1
}

/** `]C1`; null where the scanner fills the place with something else, as some do for codes without an identifier. */
function aimIdOf(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('latin1')
  return /^\][A-Za-z][0-9A-Za-z]$/.test(text) ? text : null
}

function withoutSuffix(bytes: Uint8Array, suffix: Uint8Array): Uint8Array {
  const start = bytes.length - suffix.length
  return start >= 0 && Buffer.compare(bytes.subarray(start), suffix) === 0 ? bytes.subarray(0, start) : bytes
}
