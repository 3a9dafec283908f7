/** The signals of one device that share a polling interval: reads them, and finds the samples that changed. */
import type { Instant } from '../../domain/instant.ts'
import type { Sample, SignalSpec, SignalType, SignalValue, WordOrder } from '../../domain/signal.ts'
import type { PollTimer } from '../shared/poll-timer.ts'
import type { SignalChanges } from '../shared/signal-changes.ts'
import { isBitArea, type ModbusAddress } from './address.ts'
import { type Decode, decoderOf, unusable } from './decode.ts'
import { exceptionText, GATEWAY_EXCEPTIONS, ILLEGAL_FUNCTION, isLasting } from './exceptions.ts'
import type { UnitLink } from './link.ts'
import { type Block, type Cell, divide, planReads } from './plan-reads.ts'

/** An address that the device does not have is asked for again this often: a new PLC program may bring it. */
const REFUSED_RETRY_MS = 10_000

/** What all classes of one device share. */
interface PollContext {
  readonly link: UnitLink
  readonly changes: SignalChanges
  readonly signals: readonly SignalSpec<ModbusAddress>[]
  readonly wordOrder: WordOrder
  now(): Instant
}

/** A block and its last answer. */
interface LiveBlock {
  readonly block: Block
  readonly values: readonly LiveValue[]
  bytes: Buffer | undefined
  /** Refused, and not to be asked for again before this moment of the monotonic clock. */
  refusedUntilMs: number | undefined
}

interface LiveValue {
  readonly index: number
  readonly offset: number
  /** Its bytes within the answer, `toByte` excluded. */
  readonly fromByte: number
  readonly toByte: number
  readonly type: SignalType
  readonly decode: Decode
  raw: SignalValue | undefined
}

/** Goes on reading through one link, and is made again with the next one. */
export class PollClass {
  readonly timer: PollTimer
  readonly #context: PollContext
  readonly #cells: readonly Cell[]
  #blocks: LiveBlock[]
  /** Whether small gaps are read as well; no longer once the device has refused a block that has gaps. */
  #bridge = true
  #recovered = false

  constructor(timer: PollTimer, cells: readonly Cell[], context: PollContext) {
    this.timer = timer
    this.#context = context
    this.#cells = cells
    this.#blocks = this.#plan()
  }

  /**
   * Reads all blocks, one after the other, and adds to `samples` what changed.
   * @throws LinkLost
   */
  async poll(nowMs: number, samples: Sample[]): Promise<void> {
    for (let n = 0; n < this.#blocks.length; n++) {
      const live = this.#blocks[n]
      if (!live || this.#mayWait(live, nowMs)) continue
      const { area, start, count } = live.block
      const answer = await this.#context.link.read(area, start, count)
      if (answer.kind === 'data') this.#observe(live, answer.bytes, samples)
      else if (this.#divide(n, live.block, answer.code)) n--
      else this.#refuse(live, answer.code, samples)
    }
    // An address that was refused is there again, so its neighbours may share a request with it again.
    if (this.#recovered) this.#blocks = this.#plan()
    this.#recovered = false
  }

  #plan(): LiveBlock[] {
    return planReads(this.#cells, { bridge: this.#bridge }).map((block) => this.#live(block))
  }

  #live(block: Block): LiveBlock {
    const { signals, wordOrder } = this.#context
    const values = block.cells.map(({ index, address, size }) => {
      const type = signals[index]?.type ?? 'u16'
      const offset = address.wire - block.start
      const [fromByte, toByte] = isBitArea(block.area)
        ? [offset >> 3, (offset >> 3) + 1]
        : [offset * 2, (offset + size) * 2]
      const decode = decoderOf(address, type, wordOrder)
      return { index, offset, fromByte, toByte, type, decode, raw: undefined }
    })
    return { block, values, bytes: undefined, refusedUntilMs: undefined }
  }

  /** A refused block waits, unless all are refused: then the first is still asked, since any answer proves contact. */
  #mayWait(live: LiveBlock, nowMs: number): boolean {
    if (live.refusedUntilMs === undefined || nowMs >= live.refusedUntilMs) return false
    return live !== this.#blocks[0] || this.#blocks.some((other) => other.refusedUntilMs === undefined)
  }

  /** Puts the parts of a refused block in its place, to be read at once; false when it cannot be divided. */
  #divide(n: number, block: Block, code: number): boolean {
    if (!isLasting(code) || code === ILLEGAL_FUNCTION) return false
    if (block.hasGaps) this.#bridge = false
    const parts = divide(block)
    if (!parts) return false
    this.#blocks.splice(n, 1, ...parts.map((part) => this.#live(part)))
    return true
  }

  #observe(live: LiveBlock, bytes: Buffer, samples: Sample[]): void {
    if (live.refusedUntilMs !== undefined) this.#recovered = true
    live.refusedUntilMs = undefined
    const before = live.bytes
    if (before?.equals(bytes)) return
    live.bytes = bytes
    const at = this.#context.now()
    for (const value of live.values) {
      if (before && isSame(before, bytes, value.fromByte, value.toByte)) continue
      const raw = value.decode(bytes, value.offset)
      if (raw === value.raw) continue
      value.raw = raw
      const fault = unusable(raw, value.type)
      const sample = fault
        ? this.#context.changes.observe(value.index, null, 'bad', at, fault)
        : this.#context.changes.observe(value.index, raw, 'good', at)
      if (sample) samples.push(sample)
    }
  }

  /** @throws LinkLost when it is not the device that answers, but a gateway between it and us */
  #refuse(live: LiveBlock, code: number, samples: Sample[]): void {
    if (GATEWAY_EXCEPTIONS.has(code)) throw this.#context.link.dropForGateway(code)
    const at = this.#context.now()
    live.bytes = undefined
    live.refusedUntilMs = isLasting(code) ? at.monoMs + REFUSED_RETRY_MS : undefined
    for (const value of live.values) {
      value.raw = undefined
      const address = this.#context.signals[value.index]?.address
      const detail = address && exceptionText(code, address)
      const sample = this.#context.changes.observe(value.index, null, 'bad', at, detail)
      if (sample) samples.push(sample)
    }
  }
}

/** Most values do not change from one poll to the next, and comparing their bytes is cheaper than decoding them. */
function isSame(before: Buffer, after: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (before[at] !== after[at]) return false
  return true
}
