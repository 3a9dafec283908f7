/** What a failing disk does to a file: each change as a function that makes it at one place. */
import { pick, type Random } from '../../../simulators/random.ts'
import { PAGE_BYTES, type Place } from './database-places.ts'

const SECTOR_BYTES = 512
const STRETCH_BYTES = 64

/** Changes a file around a place of it. Returns what the file is then. */
type Change = (file: Buffer, at: number, random: Random) => Buffer

export const CHANGES: Readonly<Record<string, Change>> = {
  'one other byte': (file, at, random) => written(file, at, [(file[at] ?? 0) + 1 + below(255, random)]),
  'a bit flipped': (file, at, random) => written(file, at, [(file[at] ?? 0) ^ (1 << below(8, random))]),
  '64 random bytes': (file, at, random) => written(file, at, rubbish(STRETCH_BYTES, random)),
  '64 NULs': (file, at) => written(file, at, Buffer.alloc(STRETCH_BYTES)),
  'a sector of rubbish': (file, at, random) =>
    written(file, startOf(at, SECTOR_BYTES), rubbish(SECTOR_BYTES, random)),
  'a sector of NULs': (file, at) => written(file, startOf(at, SECTOR_BYTES), Buffer.alloc(SECTOR_BYTES)),
  'a page of rubbish': (file, at, random) =>
    written(file, startOf(at, PAGE_BYTES), rubbish(PAGE_BYTES, random)),
  'a page of NULs': (file, at) => written(file, startOf(at, PAGE_BYTES), Buffer.alloc(PAGE_BYTES)),
  'the end cut off': (file, at) => Buffer.from(file.subarray(0, at)),
  'two pages swapped': swapped,
}

/** One byte of a place, all equally likely. */
export function byteOf({ at, length }: Place, random: Random): number {
  return at + below(length, random)
}

/** One of the places, all equally likely, be they long or short. */
export function pickPlace(places: readonly Place[], random: Random): Place {
  const place = pick(places, random)
  if (!place) throw new Error('there is no such place')
  return place
}

function swapped(file: Buffer, at: number, random: Random): Buffer {
  const pages = Math.floor(file.length / PAGE_BYTES)
  const here = startOf(at, PAGE_BYTES)
  const there = below(pages, random) * PAGE_BYTES
  const copy = Buffer.from(file)
  file.copy(copy, here, there, there + PAGE_BYTES)
  file.copy(copy, there, here, here + PAGE_BYTES)
  return copy
}

function written(file: Buffer, at: number, bytes: ArrayLike<number>): Buffer {
  const copy = Buffer.from(file)
  copy.set(Uint8Array.from(bytes).subarray(0, file.length - at), at)
  return copy
}

function rubbish(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => below(256, random)))
}

function startOf(at: number, unit: number): number {
  return at - (at % unit)
}

function below(bound: number, random: Random): number {
  return Math.floor(random() * bound)
}
