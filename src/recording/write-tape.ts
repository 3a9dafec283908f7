/** Writes down what moves one machine during one segment. It is called at each poll, so it must do no more than write a few numbers. */
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Reading, Sample } from '../domain/signal.ts'
import { positionsOf } from '../domain/signal-positions.ts'
import type { Input } from '../status/derive.ts'
import { TapeBytes } from './tape-bytes.ts'
import { TapeClock } from './tape-clock.ts'
import {
  AGAIN,
  BAD,
  CONTACT,
  HAS_DETAIL,
  HAS_MOMENT,
  HAS_RAW,
  HAS_WORD,
  MEANS_THE_SAME,
  OBJECT,
  OVER,
  READING,
  REPEATED,
  RETIRED,
  type RepeatedInput,
  STOPPED,
  UNCERTAIN,
} from './tape-codes.ts'

/** One for each segment. */
export class TapeWriter {
  readonly #clock: TapeClock
  readonly #devices: ReadonlyMap<
    string,
    { readonly index: number; readonly signals: ReadonlyMap<string, number> }
  >
  readonly #last: Partial<Record<RepeatedInput['kind'], RepeatedInput>> = {}
  readonly #values = new TapeBytes()

  constructor({ devices }: Pick<MachineMap, 'devices'>, began: Instant) {
    this.#clock = new TapeClock(began)
    this.#devices = new Map(
      devices.map(({ id, signals }, index) => [id, { index, signals: positionsOf(signals) }]),
    )
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#values.length
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    return this.#values.take()
  }

  note(input: Input): void {
    const isWritten =
      input.kind === 'reading' ? this.#writeReading(input.device, input.reading) : this.#writeAgain(input)
    if (!isWritten) this.#write(OBJECT, input)
  }

  end(how: 'retired' | 'over'): void {
    this.#write(how === 'retired' ? RETIRED : OVER)
  }

  stop({ monoMs, wallMs }: Instant): void {
    this.#write(STOPPED, monoMs, wallMs)
  }

  #write(...values: readonly unknown[]): void {
    for (const value of values) this.#values.push(value)
  }

  /** @returns false where it does not fit the form, and nothing is written */
  #writeReading(id: string, reading: Reading): boolean {
    const device = this.#devices.get(id)
    const us = this.#clock.usOf(reading.at)
    const stray = this.#clock.strayOf(reading.at)
    if (!device || us === undefined || stray === undefined) return false
    const difference = us - this.#clock.us
    if (reading.samples.length === 0 && isSame(reading.at, reading.completeTo)) {
      this.#write(CONTACT, device.index, difference, stray)
    } else {
      const { length } = this.#values
      this.#write(READING, device.index, difference, stray)
      if (!this.#writeSamples(reading, device.signals, us)) {
        this.#values.cutTo(length)
        return false
      }
    }
    this.#clock.moveTo(us)
    return true
  }

  /** @returns false where one does not fit the form, and only those before it are written */
  #writeSamples(
    { completeTo, samples, at }: Reading,
    signals: ReadonlyMap<string, number>,
    us: number,
  ): boolean {
    const complete = this.#momentFrom(us, completeTo)
    if (!complete) return false
    this.#write(...complete, samples.length)
    // Mostly all samples of a reading are of one moment.
    let [last, moment]: [Instant, Moment | undefined] = [at, NO_MOMENT]
    for (const sample of samples) {
      const signal = signals.get(sample.signal)
      if (sample.at !== last) {
        last = sample.at
        moment = isSame(last, at) ? NO_MOMENT : this.#momentFrom(us, last)
      }
      if (signal === undefined || !moment) return false
      pushSample(this.#values, signal, sample, moment)
    }
    return true
  }

  #momentFrom(us: number, at: Instant): Moment | undefined {
    const own = this.#clock.usOf(at)
    const stray = this.#clock.strayOf(at)
    return own === undefined || stray === undefined ? undefined : [own - us, stray]
  }

  /** What is said again is written out once. @returns false where it is not what was said last */
  #writeAgain(input: Exclude<Input, { readonly kind: 'reading' }>): boolean {
    if (input.kind !== 'service' && input.kind !== 'mes-status') return false
    const before = this.#last[input.kind]
    this.#last[input.kind] = input
    const us = this.#clock.usOf(input.at)
    const stray = this.#clock.strayOf(input.at)
    if (!before || us === undefined || stray === undefined || !saysTheSame(before, input)) return false
    this.#write(AGAIN, REPEATED.indexOf(input.kind), us - this.#clock.us, stray)
    this.#clock.moveTo(us)
    return true
  }
}

/** How far a moment is from that of the reading, and its stray; empty where it is the reading's own. */
type Moment = readonly [difference: number, stray: number] | readonly []

const NO_MOMENT: Moment = []

function pushSample(
  written: TapeBytes,
  signal: number,
  { value, quality, detail, raw, word, meansTheSame }: Sample,
  moment: Moment,
): void {
  const flags =
    (quality === 'bad' ? BAD : quality === 'uncertain' ? UNCERTAIN : 0) |
    (raw === undefined ? 0 : HAS_RAW) |
    (detail === undefined ? 0 : HAS_DETAIL) |
    (word === undefined ? 0 : HAS_WORD) |
    (meansTheSame ? MEANS_THE_SAME : 0) |
    (moment.length > 0 ? HAS_MOMENT : 0)
  written.push(signal)
  written.push(flags)
  written.push(value)
  if (raw !== undefined) written.push(raw)
  if (detail !== undefined) written.push(detail)
  if (word !== undefined) written.push(word)
  for (const part of moment) written.push(part)
}

function isSame(one: Instant, other: Instant): boolean {
  return (
    one === other || (elapsedMs(one, other) === 0 && one.wallMs === other.wallMs && one.boot === other.boot)
  )
}

function saysTheSame(one: RepeatedInput, other: RepeatedInput): boolean {
  if (one.kind === 'service') return other.kind === 'service' && one.isInService === other.isInService
  if (other.kind !== 'mes-status' || one.status !== other.status) return false
  return one.said === other.said || JSON.stringify(one.said) === JSON.stringify(other.said)
}
