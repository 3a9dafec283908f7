/** Everything that a life did to the disk, and what it said meanwhile, in one order; and how that is kept in a file. */
import { readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { Mark } from './mark.ts'

/** Paths are relative to the data folder; the folder itself is the empty one. */
export type Step =
  | { readonly did: 'write'; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly did: 'truncate'; readonly path: string; readonly length: number }
  | { readonly did: 'sync'; readonly path: string }
  | { readonly did: 'create'; readonly path: string }
  | { readonly did: 'make folder'; readonly path: string }
  | { readonly did: 'rename'; readonly path: string; readonly to: string }
  | { readonly did: 'remove'; readonly path: string }
  | { readonly did: 'say'; readonly mark: Mark }

export interface Recording {
  /** UTC text. */
  readonly madeAt: string
  /** The log's schema then. */
  readonly schema: number
  readonly steps: readonly Step[]
}

/** Pages are written again and again with small changes: only a long memory finds that. */
const COMPRESSION = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  },
}
const LENGTH_BYTES = 4

/** One compressed file: a list of the steps as JSON, and behind it the bytes of all writes. */
export function keepRecording(file: string, recording: Recording): void {
  const steps = recording.steps.map((step) =>
    step.did === 'write' ? { ...step, bytes: step.bytes.length } : step,
  )
  const list = Buffer.from(JSON.stringify({ ...recording, steps }))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(list.length)
  const written = recording.steps.flatMap((step) => (step.did === 'write' ? [step.bytes] : []))
  writeFileSync(file, brotliCompressSync(Buffer.concat([length, list, ...written]), COMPRESSION))
}

export function keptRecording(file: string): Recording {
  const all = brotliDecompressSync(readFileSync(file))
  const listEnd = LENGTH_BYTES + all.readUInt32BE(0)
  const kept = JSON.parse(all.toString('utf8', LENGTH_BYTES, listEnd)) as Omit<Recording, 'steps'> & {
    readonly steps: readonly (
      | Exclude<Step, { did: 'write' }>
      | (Omit<Step & { did: 'write' }, 'bytes'> & { readonly bytes: number })
    )[]
  }
  let at = listEnd
  const steps = kept.steps.map((step): Step => {
    if (step.did !== 'write') return step
    const bytes = all.subarray(at, at + step.bytes)
    at += step.bytes
    return { ...step, bytes }
  })
  return { ...kept, steps }
}
