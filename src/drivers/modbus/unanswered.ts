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
  readonly untilMs: number
  /** Whether what may be its answer came too late. */
  isHeard?: boolean
  /** What it will show if it still comes, where that is known. */
  values?: Buffer
}

interface Answered extends Sent {
  readonly values: Buffer
}

/**
 * The same values from two addresses may be one answer that came twice. So often a unit is asked again to make sure; if it never
 * answered twice, equal values are believed from then on, since many registers hold the same.
 */
const EQUALS_DOUBTED = 20
/** An answer comes a second time within this time, if it does. */
const REPEAT_MAX_MS = 1_000
/** An answer that a converter holds back until the next request is reckoned with for so long. */
const HELD_BACK_MAX_MS = 60_000
const ANSWERS_TWICE = Number.NEGATIVE_INFINITY

/** Of one endpoint: it outlasts its lines, because opening a line again makes no late answer go away. Moments are monotonic. */
export class Unanswered {
  #open: Sent[] = []
  #answered: Answered[] = []
  /**
   * Requests to which nothing came in time. Some converters send an answer only with the next request, or later than anybody would
   * wait: the next answer of that shape to another request may be theirs, and is asked for twice.
   */
  #owed: Sent[] = []
  /** By unit: how often equal values were found to be right. */
  readonly #equals = new Map<number, number>()

  sent(unit: number, request: ReadRequest, { atMs, untilMs }: Pick<Sent, 'atMs' | 'untilMs'>): void {
    const { area, start } = request
    this.#open.push({ ...shapeOf(unit, request), functionCode: functionCode(area), start, atMs, untilMs })
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
    if (sent) this.#remember(sent, values, nowMs)
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

  /** Whether values may be those of another address, which have come a second time: they are to be asked for again. */
  isDoubtful(unit: number, request: ReadRequest, values: Buffer, nowMs: number): boolean {
    this.#forgetOld(nowMs)
    if ((this.#equals.get(unit) ?? 0) >= EQUALS_DOUBTED) return false
    const shape = shapeOf(unit, request)
    return this.#answered.some(
      (one) => isSameShape(one, shape) && !isTo(one, request) && one.values.equals(values),
    )
  }

  /** Whether the next answer may be the one to another request, which is still owed. */
  isOwed(unit: number, request: ReadRequest, nowMs: number): boolean {
    this.#forgetOld(nowMs)
    return this.#owed.some((one) => isOwedFor(one, unit, request))
  }

  /** Values were asked for again, and the same came again. */
  wereEqual(unit: number, request: ReadRequest, values: Buffer): void {
    if (!this.#forgive(unit, request, values)) this.#equals.set(unit, (this.#equals.get(unit) ?? 0) + 1)
  }

  /** Values were asked for again, and others came. */
  wereDifferent(unit: number, request: ReadRequest, values: Buffer): void {
    if (!this.#forgive(unit, request, values)) this.answersTwice(unit)
  }

  /**
   * What was owed has come. False where nothing was. Of a converter that holds answers back, the one to the second request is
   * owed now: it will mostly show the same values, by which it is known. Values that change from one request to the next are not
   * known again: nothing in the frame would tell them.
   */
  #forgive(unit: number, request: ReadRequest, values: Buffer): boolean {
    const owed = this.#owed.length
    this.#owed = this.#owed.filter((one) => !isOwedFor(one, unit, request))
    if (this.#owed.length === owed) return false
    const shape = shapeOf(unit, request)
    for (const sent of this.#open) if (isSameShape(sent, shape) && isTo(sent, request)) sent.values = values
    return true
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
    return this.#answered.some((one) => isSameShape(one, shape) && one.values.equals(values))
  }

  /** The first of its tries, as awaited no more. */
  #take(unit: number, request: ReadRequest): Sent | undefined {
    const shape = shapeOf(unit, request)
    const nth = this.#open.findIndex((sent) => isSameShape(sent, shape) && isTo(sent, request))
    return nth < 0 ? undefined : this.#open.splice(nth, 1)[0]
  }

  #owe(sent: Sent, nowMs: number): void {
    if (sent.values) this.#answered.push({ ...sent, values: sent.values, untilMs: nowMs + HELD_BACK_MAX_MS })
    else this.#owed = [...this.#owed.filter((one) => !isSameRequest(one, sent)), sent]
  }

  #forgetOld(nowMs: number): void {
    const isOld = ({ untilMs }: Sent) => untilMs <= nowMs
    for (const sent of this.#open) if (isOld(sent) && !sent.isHeard) this.#owe(sent, nowMs)
    if (this.#open.some(isOld)) this.#open = this.#open.filter((sent) => !isOld(sent))
    if (this.#answered.some(isOld)) this.#answered = this.#answered.filter((sent) => !isOld(sent))
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

function isOwedFor(one: Sent, unit: number, request: ReadRequest): boolean {
  return isSameShape(one, shapeOf(unit, request)) && !isTo(one, request)
}

function isSameRequest(one: Sent, other: Sent): boolean {
  return isSameShape(one, other) && one.functionCode === other.functionCode && one.start === other.start
}
