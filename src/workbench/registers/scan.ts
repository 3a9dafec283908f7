/**
 * Reads a stretch of registers or bits for a person: in blocks, and where a block is refused in halves of it, until the
 * addresses that the device does not have stand alone.
 */
import { type Area, isBitArea, type ModbusAddress } from '../../drivers/modbus/address.ts'
import type { UnitReader } from '../../drivers/modbus/unit-reader.ts'

/** A stretch of one area; `start` counts from 0, as on the wire. */
export interface RegisterRange {
  readonly area: Area
  readonly start: number
  readonly count: number
}

/** One address: its two bytes (0 or 1 in one byte where the area has bits), or why there are none. */
export type FoundAddress = { readonly bytes: Buffer } | { readonly why: string }

/** What was found, by wire address. */
export type Shelf = ReadonlyMap<number, FoundAddress>

interface ScanLimits {
  /** The most addresses in one request. */
  readonly blockMax: number
  /** A device that refuses nearly everything is not asked for ever. */
  readonly requestsMax: number
  /** What is refused is not asked again: some devices refuse at random, but a long search must not take for ever. */
  readonly isQuick?: true
}

/** Exception 1: the device does not know the function, whatever address is asked. */
const ILLEGAL_FUNCTION = 1

/**
 * Reads all that can be read of the stretch.
 * @throws LinkLost when the unit does not answer at all
 */
export async function scan(unit: UnitReader, stretch: RegisterRange, limits: ScanLimits): Promise<Shelf> {
  const found = new Map<number, FoundAddress>()
  let requests = 0
  const left = blocksOf(stretch, limits.blockMax)
  for (let block = left.shift(); block; block = left.shift()) {
    if (requests++ >= limits.requestsMax) {
      note(found, block, () => 'not asked: the device has refused too many requests before')
      continue
    }
    const answer = await askBlock(unit, block, limits)
    if (answer.kind === 'data') shelve(found, block, answer.bytes)
    else if (block.count > 1 && answer.exception !== ILLEGAL_FUNCTION) left.unshift(...halves(block))
    else note(found, block, answer.why)
    if (answer.kind === 'refused' && answer.exception === ILLEGAL_FUNCTION) {
      for (const rest of left.splice(0)) note(found, rest, answer.why)
    }
  }
  return found
}

/** What is refused for good is divided, and need not be asked twice; what is busy or silent may answer the next time. */
async function askBlock(unit: UnitReader, block: RegisterRange, { isQuick }: ScanLimits) {
  if (block.count === 1 && !isQuick) return await unit.ask(block)
  const answer = await unit.ask(block, { triesMax: 1 })
  return answer.kind === 'refused' && !answer.isLasting ? await unit.ask(block) : answer
}

function blocksOf({ area, start, count }: RegisterRange, max: number): RegisterRange[] {
  const blocks: RegisterRange[] = []
  for (let done = 0; done < count; done += max) {
    blocks.push({ area, start: start + done, count: Math.min(max, count - done) })
  }
  return blocks
}

function halves({ area, start, count }: RegisterRange): readonly RegisterRange[] {
  // Values of two registers stay together as long as possible: some devices give them only whole.
  const first = count > 2 ? 2 * Math.ceil(count / 4) : 1
  return [
    { area, start, count: first },
    { area, start: start + first, count: count - first },
  ]
}

function note(
  found: Map<number, FoundAddress>,
  { area, start, count }: RegisterRange,
  why: (address: ModbusAddress) => string,
): void {
  for (let wire = start; wire < start + count; wire++) found.set(wire, { why: why({ area, wire }) })
}

function shelve(
  found: Map<number, FoundAddress>,
  { area, start, count }: RegisterRange,
  bytes: Buffer,
): void {
  for (let n = 0; n < count; n++) {
    const value = isBitArea(area) ? bitOf(bytes, n) : bytes.subarray(n * 2, n * 2 + 2)
    found.set(start + n, { bytes: value })
  }
}

function bitOf(bytes: Buffer, n: number): Buffer {
  return Buffer.from([((bytes[n >> 3] ?? 0) >> (n & 7)) & 1])
}

/** The bytes of neighbouring registers; undefined where one of them could not be read. */
export function bytesAt(shelf: Shelf, wire: number, count: number): Buffer | undefined {
  const parts: Buffer[] = []
  for (let n = 0; n < count; n++) {
    const found = shelf.get(wire + n)
    if (!found || !('bytes' in found)) return undefined
    parts.push(found.bytes)
  }
  return Buffer.concat(parts)
}
