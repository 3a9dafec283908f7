/** Bytes as they were recorded, and what becomes of them where a device, a cable or somebody with bad intent changes them. */
import type { Random } from '../../faults/faults.ts'

/** Where lengths, counts and signs turn over. */
const EDGES = [0, 1, 0x7f, 0x80, 0xfe, 0xff]
const CHANGES_MAX = 6
const REPEATED_MAX = 64
const INSERTED_MAX = 16

type Change = (bytes: Buffer, random: Random) => Buffer

/** One of the recorded texts with one to six changes. */
export function mutated(recorded: readonly Buffer[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(pick(recorded, random))
  for (let left = 1 + below(CHANGES_MAX, random); left > 0; left -= 1) {
    bytes = pick(CHANGES, random)(bytes, random)
    if (random() < 0.1) bytes = Buffer.concat([bytes, pick(recorded, random)])
  }
  return bytes
}

const CHANGES: readonly Change[] = [
  (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << below(8, random))),
  (bytes, random) => changed(bytes, random, () => below(256, random)),
  (bytes, random) => changed(bytes, random, () => pick(EDGES, random)),
  (bytes, random) => bytes.subarray(0, below(bytes.length + 1, random)),
  (bytes, random) => bytes.subarray(below(bytes.length + 1, random)),
  (bytes, random) => spliced(bytes, Buffer.alloc(below(INSERTED_MAX, random), below(256, random)), random),
  (bytes, random) => spliced(bytes, repeated(bytes, random), random),
  wide,
]

function changed(bytes: Buffer, random: Random, change: (byte: number) => number): Buffer {
  if (bytes.length === 0) return bytes
  const at = below(bytes.length, random)
  const copy = Buffer.from(bytes)
  copy[at] = change(copy[at] ?? 0)
  return copy
}

/** Four bytes that are a length or a count somewhere: huge, negative or none. */
function wide(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 4) return bytes
  const copy = Buffer.from(bytes)
  const value = pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x00ffffff], random)
  const at = below(bytes.length - 3, random)
  if (random() < 0.5) copy.writeUInt32LE(value, at)
  else copy.writeUInt32BE(value, at)
  return copy
}

/** A part of it, many times: depth in what nests, length in what does not. */
function repeated(bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length + 1, random)
  const part = bytes.subarray(at, at + 1 + below(8, random))
  return Buffer.concat(Array.from({ length: below(REPEATED_MAX, random) }, () => part))
}

function spliced(bytes: Buffer, inserted: Buffer, random: Random): Buffer {
  const at = below(bytes.length + 1, random)
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)])
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit)
}

function pick<T>(choices: readonly T[], random: Random): T {
  return choices[below(choices.length, random)] as T
}
