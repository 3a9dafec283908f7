/** What stands between two scans on a line of bytes, by the suffix that the scanner is set to. */
import type { Suffix } from '../../domain/scanner.ts'

/** The most bytes of a scan, its suffix included. The largest code there is holds 7,089 digits, and nobody prints such labels. */
export const SCAN_MAX_BYTES = 4_096

/** How one suffix looks in bytes. */
export interface FrameEnd {
  /** A scan is over once these bytes have come; none: only a pause ends it. */
  readonly bytes: readonly number[]
  /** Where there is such a byte, a scan begins behind it, and what stands before it is no part of the scan. */
  readonly opening?: number
}

const EOT = 0x04
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
/** Scanners that end with ETX begin with STX. */
const STX = 0x02
const ETX = 0x03
const FS = 0x1c
/** What a port reads while its line is not driven. It is no byte of UTF-8. */
const IDLE_LINE = 0xff
const ENVELOPE = '[)>'

export const FRAME_ENDS: Readonly<Record<Suffix, FrameEnd>> = {
  CR: { bytes: [CR] },
  LF: { bytes: [LF] },
  CRLF: { bytes: [CR, LF] },
  ETX: { bytes: [ETX], opening: STX },
  TAB: { bytes: [TAB] },
  none: { bytes: [] },
}

/**
 * Takes off both sides what belongs to the line and to no code: line ends where the map says another suffix, STX and ETX around
 * a code, NUL that keeps a connection alive, XON and XOFF, ACK or BEL by which a scanner answers a beep, and the 0xFF of a port
 * that is switched on. Separators of structured codes stay, and EOT where it ends an ISO 15434 envelope.
 */
export function withoutLineControls(bytes: Buffer): Buffer {
  let [start, end] = [0, bytes.length]
  while (start < end && isBeforeCode(bytes[start])) start += 1
  while (end > start && isBehindCode(bytes[end - 1]) && !endsEnvelope(bytes, end)) end -= 1
  return bytes.subarray(start, end)
}

/** Codes may begin with an empty column. */
function isBeforeCode(byte = 0): boolean {
  return byte === IDLE_LINE || (byte !== TAB && isLineControl(byte))
}

function isBehindCode(byte = 0): boolean {
  return isLineControl(byte)
}

/** FS, GS, RS and US, from 0x1C on, separate what stands in codes. */
function isLineControl(byte: number): boolean {
  return byte < FS
}

function endsEnvelope(bytes: Buffer, end: number): boolean {
  return bytes[end - 1] === EOT && (bytes[end - 2] ?? 0) >= FS && bytes.includes(ENVELOPE)
}
