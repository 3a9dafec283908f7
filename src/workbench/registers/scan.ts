/**
 * Reads a range of registers or bits for a person: in blocks, and where a block is refused in halves of it, until the
 * addresses that the device does not have stand alone.
 */
import { type Area, isBitArea } from '../../drivers/modbus/address.ts'
import type { Complaint } from '../../drivers/modbus/link.ts'
import type { UnitReader } from '../../drivers/modbus/unit-reader.ts'

/** Neighbouring addresses of one area; `start` counts from 0, as on the wire. */
export interface RegisterRange {
  readonly area: Area
  readonly start: number
  readonly count: number
}

/** One address: its two bytes (0 or 1 in one byte where the area has bits), or why there are none. */
export type FoundAddress = { readonly bytes: Buffer } | { readonly why: string }

/** What was found, by wire address. */
export type FoundAddresses = ReadonlyMap<number, FoundAddress>

interface ScanLimits {
  /** The most addresses in one request. */
  readonly blockMax: number
  /** A device that refuses nearly everything is not asked for ever. */
  readonly requestsMax: number
  /** What is refused is not asked again: some devices refuse at random, but a long search must not take for ever. */
  readonly isQuick?: true
}

/** Each costs the time limit of the device; before it has answered anything, it is soon taken for one that is not there. */
const SILENCES_MAX = 12
const FIRST_SILENCES_MAX = 8
const SILENT =
  'not asked: the device gives no answer where it has no address, and each costs a time limit; ask for less at once'
const TOO_MANY = 'not asked: the device has refused too many requests before'

/** Exception 1: the device does not know the function, whatever address is asked. */
const ILLEGAL_FUNCTION = 1

/**
 * Reads all that can be read of the range.
 * @throws LinkLost when the unit does not answer at all
 */
export async function scan(
  unit: UnitReader,
  range: RegisterRange,
  limits: ScanLimits,
): Promise<FoundAddresses> {
  const found = new Map<number, FoundAddress>()
  let [requests, silences] = [0, 0]
  const left = blocksOf(range, limits.blockMax)
  for (let block = left.shift(); block; block = left.shift()) {
    const unasked =
      silences >= SILENCES_MAX ? SILENT : requests++ >= limits.requestsMax ? TOO_MANY : undefined
    if (unasked !== undefined) {
      note(found, block, () => unasked)
      continue
    }
    const answer = await askBlock(unit, block, limits)
    if (answer.kind === 'unanswered') {
      silences++
      const isLastTry = silences >= FIRST_SILENCES_MAX || (block.count === 1 && left.length === 0)
      if (!unit.hasAnswered && isLastTry) throw answer.lost
    }
    if (answer.kind === 'data') keepValues(found, block, answer.bytes)
    else if (answer.kind === 'refused' && answer.exception === ILLEGAL_FUNCTION) {
      for (const rest of [block, ...left.splice(0)]) note(found, rest, answer.why)
    } else if (block.count > 1 && unit.hasAnswered) left.unshift(...halves(block))
    // What is there may be anywhere, so that all parts have their turn first.
    else if (block.count > 1) left.push(...halves(block))
    else note(found, block, answer.why)
  }
  return found
}

/** What is divided need not be asked twice before, unless the device was busy. */
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

function note(found: Map<number, FoundAddress>, { area, start, count }: RegisterRange, why: Complaint): void {
  for (let wire = start; wire < start + count; wire++) found.set(wire, { why: why({ area, wire }) })
}

function keepValues(
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
export function bytesAt(addresses: FoundAddresses, wire: number, count: number): Buffer | undefined {
  const parts: Buffer[] = []
  for (let n = 0; n < count; n++) {
    const found = addresses.get(wire + n)
    if (!found || !('bytes' in found)) return undefined
    parts.push(found.bytes)
  }
  return Buffer.concat(parts)
}
