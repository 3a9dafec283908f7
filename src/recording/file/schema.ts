/** What the file of the recording is called, its tables, and how what is in them is packed. */
import { readFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'

/** What the file is to the gateway, as errors name it. */
export const RECORDING = 'recording'
/** The file in the data folder. */
export const RECORDING_FILE = 'recording.db'

const KIB = 1024

export function recordingSteps(): readonly string[] {
  return [readFileSync(new URL('./migrations/001-init.sql', import.meta.url), 'utf8')]
}

/** Node promises that what one version has serialized every later one reads. It knows whole numbers of 64 bits, which JSON does not. */
export function packed(value: unknown): Buffer {
  return deflated(serialize(value))
}

export function unpacked(bytes: Uint8Array): unknown {
  return deserialize(inflated(bytes))
}

/** What is recorded becomes about so many times shorter; what does not takes several pieces of memory. */
const TIMES_SHORTER = 4

/** Node.js takes memory in pieces for the answer, of 16 KB by itself, and leaves lying what the answer does not fill. */
export function deflated(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, { chunkSize: pieceFor(bytes.length / TIMES_SHORTER) })
}

/**
 * For the piece of a tape that came in some seconds, about a kilobyte. By itself Node.js takes 16 KB for the answer, which the thread
 * leaves lying until they come to 32 MB, and zlib takes 268 KB to work in. The pieces become no larger with less of both.
 */
const SHORT = { level: constants.Z_BEST_SPEED, chunkSize: KIB, memLevel: 6, windowBits: 13 }

/** The same of bytes that will be deflated again together with others, in a fraction of the time. */
export function deflatedForNow(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, SHORT)
}

/** A tape is hardly ever so many times longer than what it was deflated to; one that is takes several pieces of memory. */
const TIMES_LONGER = 4

export function inflated(bytes: Uint8Array): Buffer {
  return inflateRawSync(bytes, { chunkSize: pieceFor(bytes.length * TIMES_LONGER) })
}

/** Bytes of the pieces for an answer that has probably this length. */
function pieceFor(length: number): number {
  return Math.min(Math.max(Math.ceil(length), KIB), 64 * KIB)
}
