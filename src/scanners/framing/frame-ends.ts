/** What stands between two scans on a line of bytes, by the suffix that the scanner is set to. */
import type { Suffix } from '../../domain/scanner.ts'

/** How one suffix looks in bytes. */
export interface FrameEnd {
  /** A scan is over once these bytes have come; none: only a pause ends it. */
  readonly bytes: readonly number[]
  /** Where there is such a byte, a scan begins behind it, and what stands before it is no part of the scan. */
  readonly opening?: number
}

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
/** Scanners that end with ETX begin with STX. */
const STX = 0x02
const ETX = 0x03

export const FRAME_ENDS: Readonly<Record<Suffix, FrameEnd>> = {
  CR: { bytes: [CR] },
  LF: { bytes: [LF] },
  CRLF: { bytes: [CR, LF] },
  ETX: { bytes: [ETX], opening: STX },
  TAB: { bytes: [TAB] },
  none: { bytes: [] },
}

/**
 * Takes line ends off both sides. No code begins or ends with one, and many scanners send CR and LF where their map says one of
 * the two: the other one then stands at the end of this scan, or at the beginning of the next.
 */
export function withoutLineEnds(bytes: Buffer): Buffer {
  let [start, end] = [0, bytes.length]
  while (start < end && isLineEnd(bytes[start])) start += 1
  while (end > start && isLineEnd(bytes[end - 1])) end -= 1
  return bytes.subarray(start, end)
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === CR || byte === LF
}
