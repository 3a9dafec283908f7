/** What the file of the recording is called, its tables, and how what is in them is packed. */
import { readFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'

/** What the file is to the gateway, as errors name it. */
export const RECORDING = 'recording'
/** The file in the data folder. */
export const RECORDING_FILE = 'recording.db'

export const STEPS: readonly string[] = [
  readFileSync(new URL('./migrations/001-init.sql', import.meta.url), 'utf8'),
]

/** Node promises that what one version has serialized every later one reads. It knows whole numbers of 64 bits, which JSON does not. */
export function packed(value: unknown): Buffer {
  return deflateRawSync(serialize(value))
}

export function unpacked(bytes: Uint8Array): unknown {
  return deserialize(inflated(bytes))
}

/** Bytes of a tape. */
export function deflated(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes)
}

/** The same of bytes that will be deflated again together with others: they become as small in less than half of the time. */
export function deflatedForNow(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, { level: constants.Z_BEST_SPEED })
}

export function inflated(bytes: Uint8Array): Buffer {
  return inflateRawSync(bytes)
}
