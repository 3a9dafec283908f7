/**
 * What may still come on a line whose answers carry no number: answers to requests that were given up, and the same answer once
 * more. An answer of Modbus RTU names its unit and its length; its function too, but devices were seen that send another one. A
 * request to which the answer would look the same waits until none to another request can come any more. A repeat of the same
 * request need not wait, since any answer to it fits.
 */
import { functionCode } from './address.ts'
import type { ReadRequest } from './request.ts'
import { valueBytes } from './transports/pdu.ts'

/** By what an answer is told from others. */
interface AnswerShape {
  readonly unit: number
  readonly bytes: number
}

interface Sent extends AnswerShape {
  readonly functionCode: number
  readonly start: number
  readonly atMs: number
  /** Until then its answer may come. */
  untilMs: number
  /** Until then it would come from a unit that is as quick as it has been. */
  readonly usuallyUntilMs: number
  /** Whether what may be its answer came too late. */
  isHeard?: boolean
  /** What it will show if it still comes, where that is known. */
  values?: Buffer
}

interface Answered extends Sent {
  readonly values: Buffer
}

/**
 * Why an answer is not believed: `owed`, it may be any that is owed; `known`, it shows the values of one that is owed; `again`, it
 * shows values that came from another address, and may have come a second time.
 */
export type Doubt = 'owed' | 'known' | 'again'

/**
 * The same values from two addresses may be one answer that came twice. So often a unit is asked again to make sure; if it never
 * answered twice, equal values are believed from then on, since many registers hold the same.
 */
const EQUALS_DOUBTED = 20
/** An answer comes a second time within this time, if it does. */
const REPEAT_MAX_MS = 1_000
/** An answer that a converter holds back until the next request is known by its values for so long. */
const HELD_BACK_MAX_MS = 60_000
/** Answers that are later than reckoned with are expected one by one for so long. From then on they count as one. */
const OVERDUE_MAX_MS = 10_000
const ANSWERS_TWICE = Number.NEGATIVE_INFINITY
/**
 * A unit from which nothing was heard after a request may be one that answers much later than anybody waits. So each further request
 * without a sign of it is reckoned with this many times longer, up to the bounds; one answer in time ends that.
 */
const LATER_FACTOR = 2
const LATER_FACTOR_MAX = 16
const LATER_MAX_MS = 10_000
/** The further tries of a request may take so many times as long as the one that was answered. */
const LATER_TRIES_FACTOR = 2

/** Of one endpoint: it outlasts its lines, because opening a line again makes no late answer go away. Moments are monotonic. */
export class Unanswered {
  #open: Sent[] = []
  #answered: Answered[] = []
  /**
   * Requests to which nothing came in time, each try by itself. Some converters send an answer only with the next request, or later
   * than anybody would wait, and a process that was stopped finds them all at once: each of the next answers of that shape to another
   * request may be one of theirs. So each of them costs one answer, which is not believed.
   */
  #owed: Sent[] = []
  /** By unit: how many requests have been sent since it was last heard. */
  readonly #unheard = new Map<number, number>()
  /** By unit: how often equal values were found to be right. */
  readonly #equals = new Map<number, number>()

  /** A request goes out whose answer usually comes within `usualMs`, if it comes. */
  sent(
    unit: number,
    request: ReadRequest,
    { atMs, usualMs }: { readonly atMs: number; readonly usualMs: number },
  ): void {
    const { area, start } = request
    const unheard = this.#unheard.get(unit) ?? 0
    this.#unheard.set(unit, unheard + 1)
    const factor = unheard === 0 ? 1 : Math.min(LATER_FACTOR ** (unheard + 1), LATER_FACTOR_MAX)
    const lateMs = Math.max(usualMs, Math.min(usualMs * factor, LATER_MAX_MS))
    const until = { untilMs: atMs + lateMs, usuallyUntilMs: atMs + usualMs }
    this.#open.push({ ...shapeOf(unit, request), functionCode: functionCode(area), start, atMs, ...until })
  }

  /** A frame of the unit came, whatever it answers. */
  heard(unit: number): void {
    this.#unheard.delete(unit)
  }

  /** From when on a request can be sent whose answer cannot be mistaken; in the past if at once. */
  clearMs(unit: number, request: ReadRequest, nowMs: number): number {
    this.#forgetOld(nowMs)
    const shape = shapeOf(unit, request)
    const others = this.#open.filter((sent) => isSameShape(sent, shape) && !isTo(sent, request))
    return others.reduce((latestMs, { untilMs }) => Math.max(latestMs, untilMs), 0)
  }

  /**
   * The request that is under way has its answer. If the unit answers twice, and the same came before, that may have been the
   * answer to the request before: then the one to this is still awaited.
   */
  answered(unit: number, request: ReadRequest, values: Buffer, nowMs: number): void {
    if (this.#equals.get(unit) === ANSWERS_TWICE && this.#hasCome(shapeOf(unit, request), values)) return
    const sent = this.#take(unit, request)
    if (!sent) return
    const tookMs = Math.min(LATER_TRIES_FACTOR * (nowMs - sent.atMs), LATER_MAX_MS)
    for (const again of this.#open) {
      if (again.unit !== unit || !isTo(again, request)) continue
      again.untilMs = Math.max(again.usuallyUntilMs, again.atMs + tookMs)
    }
    this.#remember(sent, values, nowMs)
  }

  /** The request that is under way was refused. */
  refused(unit: number, request: ReadRequest): void {
    this.#take(unit, request)
  }

  /** A part of the answer came, and no more of it. Of a unit that answers twice it may have been a part of another answer. */
  broken(unit: number, request: ReadRequest): void {
    if (this.#equals.get(unit) !== ANSWERS_TWICE) this.#take(unit, request)
  }

  /**
   * An answer came that does not fit the request under way. If it looks like that to an earlier one, says when that was sent.
   * The earlier one is awaited all the same: it may as well be an answer that came twice, or one that a device answered wrongly.
   */
  lateAnswer(shape: AnswerShape, values: Buffer, nowMs: number): { readonly atMs: number } | undefined {
    const sent = this.#open.find((one) => isSameShape(one, shape) && !one.isHeard)
    if (!sent || this.#hasCome(shape, values)) return undefined
    sent.isHeard = true
    this.#remember(sent, values, nowMs)
    return sent
  }

  /** Whether an answer is the same as one that came before; if so the unit is known to answer twice. */
  isRepeat(shape: AnswerShape, values: Buffer): boolean {
    const isRepeat = this.#hasCome(shape, values)
    if (isRepeat) this.answersTwice(shape.unit)
    return isRepeat
  }

  answersTwice(unit: number): void {
    this.#equals.set(unit, ANSWERS_TWICE)
  }

  /**
   * Why an answer may be the one to another request, if it may: then the request is to be sent again. What it may be the answer to is
   * owed no more. `doubted`: values that came before, since when the request was sent again.
   */
  doubtOf(
    unit: number,
    request: ReadRequest,
    {
      values,
      doubted,
      nowMs,
    }: { readonly values: Buffer; readonly doubted?: Buffer | undefined; readonly nowMs: number },
  ): Doubt | undefined {
    this.#forgetOld(nowMs)
    const areEqualsDoubted = (this.#equals.get(unit) ?? 0) < EQUALS_DOUBTED
    const isOther = (one: Sent) => isSameShape(one, shapeOf(unit, request)) && !isTo(one, request)
    const known = this.#owed.find((one) => isOther(one) && one.values?.equals(values))
    if (known && areEqualsDoubted) {
      this.#forget(known)
      return 'known'
    }
    const owed = this.#owed.filter((one) => isOther(one) && !one.values)
    if (owed.length > 0) {
      this.#takeOldest(shapeOf(unit, request), values, Math.max(...owed.map(({ atMs }) => atMs)))
      for (const one of owed) if (one.untilMs <= nowMs) this.#forget(one)
      return 'owed'
    }
    const hasCome = () => this.#answered.some((one) => isOther(one) && one.values.equals(values))
    return areEqualsDoubted && !doubted?.equals(values) && hasCome() ? 'again' : undefined
  }

  /**
   * Values were doubted, and the request was sent again, to which these came. Of a converter that holds answers back, those to the
   * further tries are owed now: they will mostly show the same values, by which they are known. Values that change from one request
   * to the next are not known again: nothing in the frame would tell them.
   */
  wereDoubted(
    unit: number,
    request: ReadRequest,
    { why, areEqual, values }: { readonly why: Doubt; readonly areEqual: boolean; readonly values: Buffer },
  ): void {
    const shape = shapeOf(unit, request)
    for (const sent of this.#open) if (isSameShape(sent, shape) && isTo(sent, request)) sent.values = values
    if (areEqual && why !== 'owed') this.#equals.set(unit, (this.#equals.get(unit) ?? 0) + 1)
    if (!areEqual && why === 'again') this.answersTwice(unit)
  }

  /** Whether an exception may be the answer to another request: an exception does not say what was asked for. */
  mayRefuseOther(unit: number, request: ReadRequest, nowMs: number): boolean {
    this.#forgetOld(nowMs)
    const { bytes } = shapeOf(unit, request)
    return this.#open.some(
      (sent) =>
        sent.unit === unit &&
        sent.functionCode === functionCode(request.area) &&
        (sent.start !== request.start || sent.bytes !== bytes),
    )
  }

  /** The same answer may come a second time. */
  #remember(sent: Sent, values: Buffer, nowMs: number): void {
    const untilMs = nowMs + Math.min(sent.untilMs - sent.atMs, REPEAT_MAX_MS)
    this.#answered.push({ ...sent, untilMs, values })
  }

  #hasCome(shape: AnswerShape, values: Buffer): boolean {
    const isSame = (one: Sent) => isSameShape(one, shape) && one.values?.equals(values) === true
    return this.#answered.some(isSame) || this.#owed.some(isSame)
  }

  /** The first of its tries, as awaited no more. */
  #take(unit: number, request: ReadRequest): Sent | undefined {
    const shape = shapeOf(unit, request)
    const isTry = (sent: Sent) => isSameShape(sent, shape) && isTo(sent, request)
    for (const tries of [this.#open, this.#owed]) {
      const nth = tries.findIndex(isTry)
      if (nth >= 0) return tries.splice(nth, 1)[0]
    }
    return undefined
  }

  /**
   * Answers come in the order of their requests: where one is owed, those to all tries before it come first, which may be tries of
   * the request that is under way.
   */
  #takeOldest(shape: AnswerShape, values: Buffer, untilMs: number): void {
    const mayBe = (one: Sent) => isSameShape(one, shape) && (one.values?.equals(values) ?? true)
    const before = [...this.#owed, ...this.#open].filter((one) => mayBe(one) && one.atMs <= untilMs)
    const oldest = before.toSorted((one, other) => one.atMs - other.atMs)[0]
    if (oldest) this.#forget(oldest)
  }

  #forget(sent: Sent): void {
    this.#owed = this.#owed.filter((one) => one !== sent)
    this.#open = this.#open.filter((one) => one !== sent)
  }

  /** How long it is owed counts from when its time is found to be over: a process that was stopped has heard nothing until then. */
  #owe(sent: Sent, nowMs: number): void {
    this.#owed.push({ ...sent, untilMs: nowMs + (sent.values ? HELD_BACK_MAX_MS : OVERDUE_MAX_MS) })
  }

  #forgetOld(nowMs: number): void {
    const isOld = ({ untilMs }: Sent) => untilMs <= nowMs
    for (const sent of this.#open) if (isOld(sent) && !sent.isHeard) this.#owe(sent, nowMs)
    if (this.#open.some(isOld)) this.#open = this.#open.filter((sent) => !isOld(sent))
    if (this.#answered.some(isOld)) this.#answered = this.#answered.filter((sent) => !isOld(sent))
    if (this.#owed.some(isOld))
      this.#owed = this.#owed.filter((sent) => !isOld(sent) || this.#staysOwed(sent))
  }

  /** Of the tries of a request that are long overdue, one stays. */
  #staysOwed(sent: Sent): boolean {
    const { functionCode: code, start } = sent
    const isTry = (one: Sent) =>
      isSameShape(one, sent) && one.functionCode === code && one.start === start && !one.values
    return !sent.values && this.#owed.findLast(isTry) === sent
  }
}

function shapeOf(unit: number, request: ReadRequest): AnswerShape {
  return { unit, bytes: valueBytes(request) }
}

function isSameShape(one: AnswerShape, other: AnswerShape): boolean {
  return one.unit === other.unit && one.bytes === other.bytes
}

/** Of two requests whose answers are equally long. */
function isTo(sent: Sent, { area, start }: ReadRequest): boolean {
  return sent.functionCode === functionCode(area) && sent.start === start
}
