/** The values of one request on one link: decodes its answers, and finds what changed. */
import type { Instant } from '../../domain/instant.ts'
import type { Sample } from '../../domain/signal.ts'
import type { SignalChanges } from '../shared/signal-changes.ts'
import { type AnswerLayout, layoutOf, type ValueForms } from './answer-layout.ts'
import { unusable } from './decode.ts'
import type { Complaint } from './link.ts'
import type { Block } from './plan-reads.ts'

/** What all reads of one link share. */
export interface LinkValues extends ValueForms {
  readonly changes: SignalChanges
}

/** Follows the values of one request over the polls of one link. */
export class LiveRead {
  readonly #layout: AnswerLayout
  readonly #changes: SignalChanges
  /** Whether the poll that is under way has asked for it, and what was answered. */
  isAsked = false
  answer: Buffer | undefined
  /** The answer that was observed last. */
  #last: Buffer | undefined

  constructor(block: Block, link: LinkValues) {
    this.#layout = layoutOf(block, link)
    this.#changes = link.changes
  }

  /** Adds to `samples` what an answer changed. */
  observe(bytes: Buffer, at: Instant, samples: Sample[]): void {
    const before = this.#last
    if (before?.equals(bytes)) return
    this.#last = bytes
    const { values } = this.#layout
    for (let nth = 0; nth < values.length; nth++) {
      if (!before || !this.#layout.isSame(nth, before, bytes)) this.#observeOne(nth, bytes, at, samples)
    }
  }

  #observeOne(nth: number, bytes: Buffer, at: Instant, samples: Sample[]): void {
    const value = this.#layout.values[nth]
    if (!value) return
    const { index, type, decode, offset } = value
    const raw = decode(bytes, offset)
    const fault = unusable(raw, type)
    const sample = fault
      ? this.#changes.observe(index, null, 'bad', at, fault)
      : this.#changes.observe(index, raw, 'good', at)
    if (sample) samples.push(sample)
  }

  /** Adds to `samples` that the values are bad now. */
  refuse(complaint: Complaint, at: Instant, samples: Sample[]): void {
    this.#last = undefined
    for (const { index, address } of this.#layout.values) {
      const sample = this.#changes.observe(index, null, 'bad', at, complaint(address))
      if (sample) samples.push(sample)
    }
  }
}
