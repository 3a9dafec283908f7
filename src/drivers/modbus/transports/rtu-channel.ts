/**
 * An open line that carries Modbus RTU, serial or through a network. Answers carry no number. So what could take a late answer for
 * its own is held back ({@link Unanswered}), and whatever else comes is kept for the words of a fault, and never taken for a value.
 *
 * Why this is not left to modbus-serial: one late answer shifts every later reading there by one, for ever, without any error.
 */
import type { DriverContext } from '../../../domain/driver.ts'
import { functionCode } from '../address.ts'
import type { Misfit, ModbusAnswer, ReadRequest, Stray } from '../request.ts'
import type { Doubt, Unanswered } from '../unanswered.ts'
import { readAnswer, valueBytes } from './pdu.ts'
import { type RtuFrame, RtuReader, rtuAnswerBytes, rtuRequest } from './rtu.ts'
import { lateStray, STRAY_ONLY_ECHO, STRAY_TWICE, strayOf } from './rtu-strays.ts'
import type { Channel } from './transport.ts'

/** The standard asks for so much silence between two frames, and for the minimum where a line is fast. */
const GAP_CHARACTERS = 3.5
const GAP_MIN_MS = 1.75
/** An answer that has begun goes on without longer pauses than this, USB adapters and networks included. */
const ANSWER_PAUSE_MAX_MS = 50
const EXCEPTION = 0x80

/** What carries the bytes. Owned by its channel. */
interface RtuWire {
  readonly peer?: string | undefined
  send(bytes: Buffer): void
  close(): Promise<void>
}

interface RtuChannelOptions {
  readonly wire: RtuWire
  readonly unanswered: Unanswered
  readonly clock: Pick<DriverContext, 'now' | 'after'>
  /** How long one character is on the wire; 0 where the bytes come from a network, whose other end keeps the pauses. */
  readonly characterMs: number
  /** See {@link Channel}. */
  readonly mayForgetUs: boolean
  readonly lingerMs: number
}

/** The request that is under way. */
interface Asked {
  readonly unit: number
  readonly request: ReadRequest
  readonly lateMaxMs: number
  /** Settles the last of its tries. */
  settle: (answer: ModbusAnswer | Misfit) => void
  /** The last values that may be those of another request. */
  doubted?: { readonly values: Buffer; readonly why: Doubt }
  /** Whether the unit was asked again because of them. */
  isAskedAgain?: boolean
}

/** One open line. Closing it closes its wire. */
export class RtuChannel implements Channel {
  readonly mayQueue = false
  readonly mayForgetUs: boolean
  readonly lingerMs: number
  readonly peer: string | undefined
  readonly #wire: RtuWire
  readonly #unanswered: Unanswered
  readonly #clock: RtuChannelOptions['clock']
  readonly #characterMs: number
  readonly #reader = new RtuReader()
  #asked: Asked | undefined
  #heardMs = Number.NEGATIVE_INFINITY
  /** Whether what has come since the last request is known to be a part of its answer. */
  #isBrokenKnown = false
  #stray: Stray | undefined
  /** Late answers that came while another unit was asked, by unit. */
  readonly #late = new Map<number, Stray>()

  constructor({ wire, unanswered, clock, characterMs, mayForgetUs, lingerMs }: RtuChannelOptions) {
    this.#wire = wire
    this.#unanswered = unanswered
    this.#clock = clock
    this.#characterMs = characterMs
    this.mayForgetUs = mayForgetUs
    this.lingerMs = lingerMs
    this.peer = wire.peer
  }

  read(unit: number, request: ReadRequest, lateMaxMs: number): Promise<ModbusAnswer | Misfit> {
    const before = this.#asked
    if (before?.request !== request) this.#stray = undefined
    else if (this.#reader.strayBytes.length > 0) this.#broken(this.#reader.strayBytes, before)
    return new Promise((settle) => {
      const asked = before?.request === request ? before : { unit, request, lateMaxMs, settle }
      asked.settle = settle
      this.#asked = asked
      this.#send(asked)
    })
  }

  clearMs(unit: number, request: ReadRequest): number {
    return Math.max(this.#heardMs + this.#gapMs, this.#unanswered.clearMs(unit, request, this.#nowMs()))
  }

  wireMs(request: ReadRequest): number {
    return (rtuRequest(0, request).length + rtuAnswerBytes(valueBytes(request))) * this.#characterMs
  }

  get isAnswering(): boolean {
    const hasBegun = this.#reader.strayBytes.length > 0 || this.#reader.hasEcho
    const pauseMaxMs = ANSWER_PAUSE_MAX_MS + this.#gapMs
    return hasBegun && this.#nowMs() - this.#heardMs < pauseMaxMs
  }

  instead(): Stray | undefined {
    const asked = this.#asked
    if (this.#stray || !asked) return this.#stray
    const bytes = this.#reader.strayBytes
    if (bytes.length > 0) return this.#broken(bytes, asked)
    const late = this.#late.get(asked.unit)
    this.#late.delete(asked.unit)
    return late ?? (this.#reader.hasEcho ? STRAY_ONLY_ECHO : undefined)
  }

  /** What the bytes in place of an answer are. Where it is the answer with bytes missing, no other one comes. */
  #broken(bytes: Buffer, { unit, request }: Asked): Stray {
    const isAnswer = bytes[0] === unit && bytes[1] === functionCode(request.area)
    if (isAnswer && bytes[2] === valueBytes(request) && !this.#isBrokenKnown) {
      this.#isBrokenKnown = true
      this.#unanswered.broken(unit, request)
    }
    return strayOf(bytes, unit, request)
  }

  async close(): Promise<void> {
    this.#asked = undefined
    await this.#wire.close()
  }

  /** To be called with whatever has come. */
  take(data: Buffer): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#heardMs > ANSWER_PAUSE_MAX_MS + this.#gapMs) this.#reader.breakOff()
    this.#heardMs = nowMs
    for (const frame of this.#reader.take(data)) this.#takeFrame(frame)
  }

  #nowMs(): number {
    return this.#clock.now().monoMs
  }

  get #gapMs(): number {
    return this.#characterMs === 0 ? 0 : Math.max(GAP_MIN_MS, GAP_CHARACTERS * this.#characterMs)
  }

  #send({ unit, request, lateMaxMs }: Asked): void {
    const frame = rtuRequest(unit, request)
    const atMs = this.#nowMs()
    this.#unanswered.sent(unit, request, { atMs, usualMs: this.wireMs(request) + lateMaxMs })
    this.#reader.begin(frame)
    this.#isBrokenKnown = false
    this.#wire.send(frame)
  }

  #takeFrame(frame: RtuFrame): void {
    this.#unanswered.heard(frame.unit)
    const asked = this.#asked
    const answered = frame.pdu.readUInt8(0)
    const isTo = (code: number) => asked?.unit === frame.unit && answered === code
    const code = asked && functionCode(asked.request.area)
    if (asked && code !== undefined && isTo(code | EXCEPTION)) this.#takeException(asked, frame)
    else if (asked && code !== undefined && isTo(code) && isWhole(frame, asked.request))
      this.#takeValues(asked, frame.pdu.subarray(2))
    else this.#takeStray(frame)
  }

  #takeException(asked: Asked, { pdu }: RtuFrame): void {
    const { unit, request } = asked
    if (this.#unanswered.mayRefuseOther(unit, request, this.#nowMs())) {
      this.#end(asked, { kind: 'misfit', what: 'refused a request, which may have been an earlier one' })
      return
    }
    this.#unanswered.refused(unit, request)
    this.#end(asked, readAnswer(pdu, request))
  }

  #takeValues(asked: Asked, values: Buffer): void {
    const { unit, request, doubted, isAskedAgain } = asked
    const nowMs = this.#nowMs()
    const before = isAskedAgain ? doubted?.values : undefined
    const why = this.#unanswered.doubtOf(unit, request, { values, doubted: before, nowMs })
    if (why) {
      asked.doubted = { values, why }
      if (!doubted || isAskedAgain) this.#askAgain(asked)
      return
    }
    this.#unanswered.answered(unit, request, values, nowMs)
    if (doubted) {
      const areEqual = doubted.values.equals(values)
      this.#unanswered.wereDoubted(unit, request, { why: doubted.why, areEqual, values })
    }
    this.#end(asked, { kind: 'data', bytes: values })
  }

  #askAgain(asked: Asked): void {
    asked.isAskedAgain = false
    this.#clock.after(Math.ceil(this.#gapMs), () => {
      // The right answer may have come meanwhile.
      if (this.#asked !== asked) return
      asked.isAskedAgain = true
      this.#send(asked)
    })
  }

  #takeStray({ unit, pdu }: RtuFrame): void {
    const values = pdu.subarray(2)
    const shape = { unit, bytes: values.length }
    const late = this.#unanswered.lateAnswer(shape, values, this.#nowMs())
    if (late) {
      const stray = lateStray(unit, this.#nowMs() - late.atMs)
      if (unit === this.#asked?.unit) this.#stray = stray
      else this.#late.set(unit, stray)
      return
    }
    if (this.#unanswered.isRepeat(shape, values)) {
      this.#stray = STRAY_TWICE
      return
    }
    const asked = this.#asked
    if (asked) this.#end(asked, misfitOf(unit, pdu, asked))
  }

  #end(asked: Asked, answer: ModbusAnswer | Misfit): void {
    this.#asked = undefined
    asked.settle(answer)
  }
}

function isWhole({ pdu }: RtuFrame, request: ReadRequest): boolean {
  return pdu.length - 2 === valueBytes(request)
}

function misfitOf(unit: number, pdu: Buffer, asked: Asked): Misfit {
  if (unit !== asked.unit) {
    return { kind: 'misfit', what: `answered as unit ${unit} where unit ${asked.unit} was asked` }
  }
  const answer = readAnswer(pdu, asked.request)
  return answer.kind === 'misfit' ? answer : { kind: 'misfit', what: 'sent an answer that was not asked for' }
}
