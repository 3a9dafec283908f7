/** What may happen to messages on their way: each is passed on, changed, left out, doubled, held up, or the last that comes. */
import type { Random } from '../faults.ts'

/** How a protocol shows where one message ends and the next begins. */
export interface Framing {
  /** How long the first message of these bytes is; undefined where that has not come yet. */
  readonly size: (bytes: Buffer) => number | undefined
  /** Where a message says how long it is; absent where it does not. */
  readonly lengthField?: { readonly at: number; readonly bytes: 2 | 4; readonly isLittleEndian?: boolean }
  /**
   * Which bytes of a message may be changed, from its beginning. What lies behind them may be a value, and no receiver can know that
   * it was another one.
   */
  readonly changeable: (message: Buffer) => number
}

/** For streams that nothing is known of: whatever comes at one time is a message. */
export const RAW: Framing = {
  size: (bytes) => bytes.length || undefined,
  changeable: (bytes) => bytes.length,
}

export const DAMAGES = [
  'bit',
  'byte',
  'length',
  'shorter',
  'garbage',
  'lost',
  'twice',
  'late again',
  'swapped',
  'held',
  'end',
] as const
export type Damage = (typeof DAMAGES)[number]

/** What leaves in place of a message: bytes, a wait, or the end of the link. */
export type Step = Buffer | { readonly waitMs: number } | 'end'

const GARBAGE_MAX = 40
const HELD_MAX_MS = 300
const LATER_MAX = 12

/** One direction of one link. Which of its messages are damaged, and how, is decided by `of`, by their number. */
export class Damager {
  readonly #framing: Framing
  readonly #random: Random
  readonly #of: (index: number) => Damage | undefined
  #left: Buffer = Buffer.alloc(0)
  #index = 0
  #swapped: Buffer | undefined
  #again: { readonly at: number; readonly bytes: Buffer } | undefined

  constructor(framing: Framing, random: Random, of: (index: number) => Damage | undefined) {
    this.#framing = framing
    this.#random = random
    this.#of = of
  }

  *take(bytes: Buffer): Generator<Step> {
    this.#left = Buffer.concat([this.#left, bytes])
    for (let message = this.#next(); message; message = this.#next()) yield* this.#pass(message)
  }

  #next(): Buffer | undefined {
    const size = this.#framing.size(this.#left)
    if (size === undefined || size > this.#left.length) return undefined
    const message = this.#left.subarray(0, size)
    this.#left = this.#left.subarray(size)
    return message
  }

  *#pass(message: Buffer): Generator<Step> {
    const index = this.#index++
    const kind = this.#of(index)
    if (kind === 'swapped') this.#swapped = message
    else {
      yield* kind ? this.#damaged(kind, message, index) : [message]
      if (this.#swapped) yield this.#swapped
      this.#swapped = undefined
    }
    if (this.#again && this.#again.at <= index) {
      yield this.#again.bytes
      this.#again = undefined
    }
  }

  #damaged(kind: Damage, message: Buffer, index: number): readonly Step[] {
    switch (kind) {
      case 'bit':
        return [this.#changed(message, (byte) => byte ^ (1 << this.#below(8)))]
      case 'byte':
        return [this.#changed(message, () => this.#below(256))]
      case 'length':
        return [this.#otherLength(message)]
      case 'shorter':
        return [message.subarray(0, this.#below(message.length))]
      case 'garbage':
        return [
          Buffer.from(Array.from({ length: 1 + this.#below(GARBAGE_MAX) }, () => this.#below(256))),
          message,
        ]
      case 'twice':
        return [message, message]
      case 'late again':
        this.#again = { at: index + 1 + this.#below(LATER_MAX), bytes: message }
        return [message]
      case 'held':
        return [{ waitMs: this.#below(HELD_MAX_MS) }, message]
      case 'end':
        return [message.subarray(0, this.#below(message.length + 1)), 'end']
      default:
        return []
    }
  }

  #changed(message: Buffer, change: (byte: number) => number): Buffer {
    const changed = Buffer.from(message)
    const at = this.#below(Math.min(this.#framing.changeable(message), message.length))
    changed[at] = change(changed[at] ?? 0)
    return changed
  }

  /** A little more or less than it is, or anything. */
  #otherLength(message: Buffer): Buffer {
    const { lengthField } = this.#framing
    if (!lengthField || message.length < lengthField.at + lengthField.bytes) return message
    const { at, bytes, isLittleEndian } = lengthField
    const changed = Buffer.from(message)
    const most = 2 ** (8 * bytes)
    const was = isLittleEndian ? message.readUIntLE(at, bytes) : message.readUIntBE(at, bytes)
    const length = (this.#random() < 0.5 ? this.#below(most) : was + this.#below(9) - 4 + most) % most
    if (isLittleEndian) changed.writeUIntLE(length, at, bytes)
    else changed.writeUIntBE(length, at, bytes)
    return changed
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}
