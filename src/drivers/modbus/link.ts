/** One unit's link to its line: what a device's polling reads through, whatever carries it. */
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import type { ModbusAddress } from './address.ts'
import type { AnswerTimes } from './answer-times.ts'
import { exceptionText, isBusy, isLasting } from './exceptions.ts'
import type { ModbusLine } from './line.ts'
import {
  type Asking,
  gatewayFault,
  hungUpFault,
  LineFault,
  lateHint,
  linkLost,
  malformedFault,
  timeoutFault,
} from './line-faults.ts'
import { isOwnAnswer, type LineUser, type ReadEnd, type SentHow } from './line-read.ts'
import type { ModbusAnswer, ReadRequest } from './request.ts'
import type { ModbusSettings } from './settings.ts'

/** What a unit needs of its line. */
type UnitLine = Pick<
  ModbusLine,
  'endpoint' | 'isShared' | 'mayWaitLonger' | 'mayBeDeaf' | 'enter' | 'leave' | 'read'
>

/** What a unit needs to know of the transport that carries its line. */
interface LinkHints {
  readonly silenceHint: string
  readonly misfitHint: string
}

/** What a link is opened with. */
interface LinkOptions {
  readonly hints: LinkHints
  readonly context: DriverContext
  /** What earlier links to the unit have learnt. */
  readonly times: AnswerTimes
  readonly signal: AbortSignal
}

/** A request that was asked as often as it may be, and got no answer of the unit. */
export interface Failure {
  readonly kind: 'failed'
  /** What it means if nothing else is answered either. */
  readonly fault: LineFault
  /** What it means for the one address where others are answered. */
  readonly complaint: Complaint
  /** Whether nothing came at all. */
  readonly isSilence: boolean
  /** Whether it is known what came instead of an answer. */
  readonly isExplained: boolean
}

/** Why a value is bad, in words. */
export type Complaint = (address: ModbusAddress) => string

const OTHERS_ANSWER_HINT =
  'the device answers other requests: compare the address with its manual; if it is right, ask for less at once (max_registers), without reading along (gap: 0), or more slowly (pause)'

/** How much a request may cost that is not answered. */
export interface Effort {
  readonly triesMax?: number
  /** The unit gets no longer than it usually takes: see {@link AnswerTimes.patienceMs}. */
  readonly isBrief?: boolean
}

/**
 * A unit that has not answered yet is asked again only once: every further try delays the word that it is not there. Where it
 * shares its line, it is not even that: it has to wait for its turn each time, and is asked for another value next.
 */
const FIRST_TRIES = 2
/** A busy device is asked again after this long, twice this long, and so on. */
const BUSY_PAUSE_MS = 50

/** A link to one unit. Once dropped it is never used again. */
export class UnitLink implements LineUser {
  readonly unit: number
  readonly pauseMs: number
  readonly connectDelayMs: number
  readonly #device: Device<ModbusSettings>
  readonly #line: UnitLine
  readonly #hints: LinkHints
  readonly #context: DriverContext
  /** Ends with a fault what the device waits for at the moment: that the line opens, an answer, or the next poll. */
  #interrupt: (fault: unknown) => void = () => {}
  #isDropped = false
  #fault: unknown
  readonly #times: AnswerTimes
  #answeredAt: Instant | undefined
  #lastAnswered: ReadRequest | undefined

  private constructor(
    device: Device<ModbusSettings>,
    line: UnitLine,
    { hints, context, times }: Omit<LinkOptions, 'signal'>,
  ) {
    this.unit = device.settings.unit
    this.pauseMs = device.settings.pauseMs
    this.connectDelayMs = device.settings.connectDelayMs
    this.#device = device
    this.#line = line
    this.#hints = hints
    this.#context = context
    this.#times = times
  }

  /**
   * Enters the line, and waits until it is open.
   * @throws LinkLost
   */
  static async open(
    device: Device<ModbusSettings>,
    line: UnitLine,
    { signal, ...options }: LinkOptions,
  ): Promise<UnitLink> {
    const link = new UnitLink(device, line, options)
    const stop = () => link.drop(new LinkLost(`${device.id}: stopped while connecting`))
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    try {
      await link.#entered()
      return link
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  get lateMaxMs(): number {
    return this.#times.lateMaxMs
  }

  /** The last request that was answered with data on this link. */
  get lastAnswered(): ReadRequest | undefined {
    return this.#lastAnswered
  }

  /** Whether the unit may be there, but deaf because its connection is so young. */
  get mayBeDeaf(): boolean {
    return this.#line.mayBeDeaf
  }

  /** When the unit last answered on this link; undefined: never. */
  get answeredAt(): Instant | undefined {
    return this.#answeredAt
  }

  /**
   * Asks until there is an answer, as often as the settings allow. One call at a time.
   * @throws LinkLost when there is no line any more
   */
  async ask(
    { area, start, count }: ReadRequest,
    { triesMax = Number.POSITIVE_INFINITY, isBrief = false }: Effort = {},
  ): Promise<ModbusAnswer | Failure> {
    // The same object for all tries, and a new one for each call: by that the line knows which answers may count.
    const request: ReadRequest = { area, start, count }
    const hasAnswered = this.#answeredAt !== undefined
    const firstTries = this.#line.isShared ? 1 : FIRST_TRIES
    const allowed = hasAnswered || this.#times.lateMs !== undefined ? Number.POSITIVE_INFINITY : firstTries
    const triesTotal = Math.min(triesMax, allowed, 1 + this.#device.settings.retries)
    for (let tries = 0, silentMs = 0, isFree = true; ; ) {
      const { end, how } = await this.#read(request, triesTotal - tries, isBrief)
      // A device that closes each connection after its answer has not looked at a request that came meanwhile.
      if (isFree && end.kind === 'hung-up' && end.wasUsed) {
        isFree = false
        continue
      }
      // One long wait counts like the tries that it stands for.
      const waits = how.mayHaveWaited ? 0 : Math.floor(how.tookMs / this.#device.settings.timeoutMs)
      tries += Math.max(how.sends, waits)
      silentMs += how.tookMs
      if (isOwnAnswer(end)) this.#answered(request, end, how)
      const lateMs = end.kind === 'silence' ? end.instead?.lateMs : undefined
      if (lateMs !== undefined) this.#times.cameLate(lateMs)
      if (end.kind === 'data') return end
      // What a device refuses for good it is asked once more, because some refuse at random.
      const isLastWord = end.kind === 'exception' && isLasting(end.code) && tries >= 2
      // A device that ends connections before it has ever answered is not asked more often than needed.
      const isClosed = end.kind === 'hung-up' && !hasAnswered
      if (tries >= triesTotal || isLastWord || isClosed) {
        return isOwnAnswer(end) ? end : this.#failure(request, end, silentMs)
      }
      if (end.kind !== 'silence') silentMs = 0
      if (end.kind === 'exception' && isBusy(end.code)) await this.idle(BUSY_PAUSE_MS * tries)
    }
  }

  /**
   * Waits between requests.
   * @throws LinkLost as soon as the link is dropped
   */
  idle(ms: number): Promise<void> {
    // Timers count whole milliseconds and drop the rest.
    const wholeMs = Math.max(1, Math.ceil(ms))
    return this.#unlessLost((resolve) => {
      const cancel = this.#context.after(wholeMs, resolve)
      const interrupt = this.#interrupt
      this.#interrupt = (fault) => {
        cancel()
        interrupt(fault)
      }
    })
  }

  /** Leaves the line; whatever the device waits for ends with this fault. Only the first one counts. */
  drop(fault: unknown): unknown {
    if (this.#isDropped) return this.#fault
    this.#isDropped = true
    this.#fault = fault
    this.#line.leave(this)
    this.#interrupt(fault)
    return fault
  }

  lost(fault: unknown): unknown {
    return this.drop(fault instanceof LineFault ? linkLost(this.#device.id, fault) : fault)
  }

  #entered(): Promise<void> {
    return this.#unlessLost((entered) => this.#line.enter(this, entered))
  }

  #read(
    request: ReadRequest,
    triesLeft: number,
    isBrief: boolean,
  ): Promise<{ readonly end: ReadEnd; readonly how: SentHow }> {
    const { patienceMs, lateMs } = this.#times
    const isLate = lateMs !== undefined && this.#line.mayWaitLonger
    const timeoutMs = isBrief || isLate ? patienceMs : this.#device.settings.timeoutMs
    const sendsMax = isLate ? 1 : triesLeft
    return this.#unlessLost((resolve) => {
      const ended = (end: ReadEnd, how: SentHow) => resolve({ end, how })
      this.#line.read({ user: this, request, sendsMax, patienceMs, timeoutMs, ended })
    })
  }

  #answered(request: ReadRequest, answer: ModbusAnswer, how: SentHow): void {
    if (!how.mayHaveWaited) this.#times.answered(how)
    this.#answeredAt = this.#context.now()
    this.#times.lastAnswerAt = this.#answeredAt
    if (answer.kind === 'data') this.#lastAnswered = request
  }

  #failure(
    request: ReadRequest,
    end: Exclude<ReadEnd, { readonly kind: 'data' }>,
    waitedMs: number,
  ): Failure {
    const answeredAgoMs = this.#times.answeredAgoMs(this.#context.now())
    const asking: Asking = { endpoint: this.#line.endpoint, unit: this.unit, request, answeredAgoMs }
    if (end.kind === 'exception') {
      const complaint = exceptionComplaint(end.code)
      return {
        kind: 'failed',
        fault: gatewayFault(asking, end.code),
        complaint,
        isSilence: false,
        isExplained: true,
      }
    }
    const fault = this.#faultOf(asking, end, waitedMs)
    const isSilence = end.kind === 'silence'
    const instead = isSilence ? end.instead : undefined
    const complaint = () => `${fault.message}; ${instead?.hint ?? OTHERS_ANSWER_HINT}`
    return { kind: 'failed', fault, complaint, isSilence, isExplained: !isSilence || instead !== undefined }
  }

  #faultOf(asking: Asking, end: Exclude<ReadEnd, ModbusAnswer>, waitedMs: number): LineFault {
    const { silenceHint, misfitHint } = this.#hints
    if (end.kind === 'misfit') return malformedFault(asking, end.what, misfitHint)
    if (end.kind === 'hung-up') return hungUpFault(asking, end.fault)
    const { lateMs } = this.#times
    const hint = lateMs === undefined ? silenceHint : lateHint(lateMs)
    return timeoutFault(asking, { waitedMs, instead: end.instead, hint })
  }

  /** What `begin` resolves, unless the link is lost before. */
  #unlessLost<T>(begin: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isDropped) {
        reject(this.#fault)
        return
      }
      this.#interrupt = reject
      begin(resolve)
    })
  }
}

/** What an exception means for the address that got it. */
export function exceptionComplaint(code: number): Complaint {
  return (address) => exceptionText(code, address)
}
