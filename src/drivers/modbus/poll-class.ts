/**
 * The signals of one device that share a polling interval: reads them, divides what the device does not take, and finds the
 * samples that changed. All samples of a poll carry one moment.
 */
import type { DriverContext } from '../../domain/driver.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Sample } from '../../domain/signal.ts'
import type { PollTimer } from '../shared/poll-timer.ts'
import { isBitArea } from './address.ts'
import type { DevicePlan } from './device-plan.ts'
import { isBusy, isLasting } from './exceptions.ts'
import { Inquiry } from './inquiry.ts'
import { type Complaint, type Effort, exceptionComplaint, type Failure, type UnitLink } from './link.ts'
import { type LinkValues, LiveRead } from './live-read.ts'
import { type Block, isWithin } from './plan-reads.ts'
import type { PlannedRead, ReadPlan } from './read-plan.ts'
import { type ModbusAnswer, requestText } from './request.ts'

/** An address that the device refuses is asked for again this often: a new program of the PLC may bring it. */
const REFUSED_AGAIN_MS = 10_000
/**
 * One that gets no answer costs a time limit, or the connection: it is asked again ever more seldom, at first soon if it was
 * answered before, and in each poll only one of them.
 */
const MISSED_AGAIN_MIN_MS = 1_000
const NEVER_ANSWERED_AGAIN_MIN_MS = 10_000
const UNANSWERED_AGAIN_MAX_MS = 60_000
/**
 * After this long nothing is found out any more in a poll about requests that fail: that goes on in the next one, so that what
 * can be read is not late for long.
 */
const FINDING_OUT_MAX_MS = 5_000

/** What all classes of one device share on one link. */
interface PollContext {
  readonly device: string
  readonly context: DriverContext
  readonly link: UnitLink
  readonly devicePlan: DevicePlan
  readonly values: LinkValues
}

/** Goes on reading through one link, and is made again with the next one. */
export class PollClass {
  readonly timer: PollTimer
  readonly #plan: ReadPlan
  readonly #shared: PollContext
  readonly #inquiry: Inquiry
  readonly #live = new WeakMap<Block, LiveRead>()
  /** Whether a read that gets no answer was asked again in this poll, in vain. */
  #wasAskedInVain = false
  /** The first block that was divided, until it is known what that was good for. */
  #divided: { readonly block: Block; readonly why: string } | undefined

  constructor(timer: PollTimer, plan: ReadPlan, shared: PollContext) {
    this.timer = timer
    this.#plan = plan
    this.#shared = shared
    this.#inquiry = new Inquiry(shared.link, shared.devicePlan)
  }

  /**
   * Reads all that is due, one request after the other.
   * @throws LinkLost when the device does not answer any more; what was read before is kept for {@link tell}
   */
  async poll(nowMs: number): Promise<void> {
    this.#plan.refresh(nowMs)
    this.#wasAskedInVain = false
    for (let nth = 0; nth < this.#plan.reads.length; ) {
      const read = this.#plan.reads[nth]
      const isDone = !read || this.#mayWait(read, nowMs) || (await this.#read(read, nowMs))
      // A read that was divided is followed up by its parts, which stand in its place now.
      if (isDone) nth++
    }
    this.#tellDivision()
  }

  /** Adds to `samples` what the poll has changed. What it did not reach is bad with `unread`, if that is given. */
  tell(at: Instant, samples: Sample[], unread?: Complaint): void {
    for (const read of this.#plan.reads) {
      const live = this.#liveOf(read.block)
      const complaint = read.complaint ?? (live.isAsked ? undefined : unread)
      if (live.answer) live.observe(live.answer, at, samples)
      else if (complaint) live.refuse(complaint, at, samples)
      live.isAsked = false
      live.answer = undefined
    }
  }

  #liveOf(block: Block): LiveRead {
    const existing = this.#live.get(block)
    if (existing) return existing
    const live = new LiveRead(block, this.#shared.values)
    this.#live.set(block, live)
    return live
  }

  /** A refused read waits, unless all are refused: then the first is still asked, since any answer proves contact. */
  #mayWait(read: PlannedRead, nowMs: number): boolean {
    if (read.complaint === undefined) return false
    if (!read.isJudged) return !read.hasAnswered && this.#isLate(nowMs)
    if (nowMs >= read.askAgainMs && !this.#wasAskedInVain) return false
    const { reads } = this.#plan
    return read !== reads[0] || reads.some((other) => !other.isJudged)
  }

  #isLate(nowMs: number): boolean {
    return this.#shared.context.now().monoMs - nowMs > FINDING_OUT_MAX_MS
  }

  /** Late in a poll, what the device does not have may cost little: there may be much of it before what it has. */
  #effortFor({ isJudged, hasAnswered }: PlannedRead, nowMs: number): Effort {
    if (isJudged) return { triesMax: 1 }
    if (!this.#isLate(nowMs)) return {}
    return hasAnswered ? { isBrief: true } : { triesMax: 1, isBrief: true }
  }

  /** False when the read was divided instead. */
  async #read(read: PlannedRead, nowMs: number): Promise<boolean> {
    const { link } = this.#shared
    const live = this.#liveOf(read.block)
    live.isAsked = true
    let end = await link.ask(read.block, this.#effortFor(read, nowMs))
    const hasHeard = link.answeredAt !== undefined && link.answeredAt.monoMs >= nowMs
    if (end.kind === 'failed' && !(read.isJudged && hasHeard)) end = await this.#askIfThere(read, end)
    if (end.kind === 'data') {
      live.answer = end.bytes
      this.#plan.answered(read, nowMs)
      return true
    }
    this.#plan.failed(read, end.kind === 'failed' ? end.complaint : exceptionComplaint(end.code))
    return !(await this.#isDivided(read, end, nowMs))
  }

  /**
   * The same failure if the device answers others, or what comes of asking once more where it had not answered before.
   * @throws LinkLost if it answers nothing
   */
  async #askIfThere({ block, isJudged }: PlannedRead, failure: Failure): Promise<ModbusAnswer | Failure> {
    const { link } = this.#shared
    const wasThere = link.answeredAt !== undefined
    const absence = await this.#inquiry.absence(failure, block)
    if (absence) throw link.lost(absence)
    return wasThere || isJudged ? failure : link.ask(block)
  }

  /** Decides what a failed read means from now on: it is divided, bad, or only bad in this poll. */
  async #isDivided(read: PlannedRead, end: ModbusAnswer | Failure, nowMs: number): Promise<boolean> {
    if (read.isJudged) {
      this.#wasAskedInVain ||= end.kind === 'failed'
      this.#refuse(read, end, nowMs)
      return false
    }
    const isPassing = end.kind === 'exception' && isBusy(end.code)
    // What was answered before may be answered in the next poll.
    const isFirst = read.hasAnswered && read.failedPolls < 2
    if (isPassing || isFirst || this.#isLate(nowMs)) return false
    const parts = await this.#inquiry.partsOf(read.block)
    if (!parts) {
      this.#refuse(read, end, nowMs)
      return false
    }
    this.#plan.divide(read, parts, nowMs)
    const first = read.block.cells[0]?.address
    this.#divided ??= { block: read.block, why: (first && read.complaint?.(first)) ?? '' }
    return true
  }

  #refuse(read: PlannedRead, end: ModbusAnswer | Failure, nowMs: number): void {
    this.#plan.refused(read, { askAgainMs: nowMs + againAfterMs(end, read), nowMs })
  }

  /**
   * Says once a device that it takes less in one request than it was asked for: somebody may want to write that into the map.
   * Where single addresses are bad, these are told instead.
   */
  #tellDivision(): void {
    const divided = this.#divided
    const { devicePlan, device, context } = this.#shared
    if (!divided || devicePlan.isDivisionTold) return
    const parts = this.#plan.reads.filter(({ block }) => isWithin(block, divided.block))
    if (parts.some(({ isJudged }) => isJudged)) this.#divided = undefined
    if (!parts.every(({ hasAnswered }) => hasAnswered)) return
    devicePlan.isDivisionTold = true
    context.log.info(
      { event: 'device-asked-in-parts', device },
      `${device}: does not answer a request for ${requestText(divided.block)}; it is asked in parts, as ${keyFor(divided.block, parts)} would do (${divided.why})`,
    )
  }
}

/** The key of the map by which the device would be asked like this from the start. */
function keyFor({ hasGaps, area }: Block, parts: readonly PlannedRead[]): string {
  if (hasGaps) return 'gap: 0'
  const longest = Math.max(...parts.map(({ block }) => block.count))
  return `${isBitArea(area) ? 'max_bits' : 'max_registers'}: ${longest}`
}

/** How long a read that was refused is left alone. Exceptions that may pass cost little, and are asked in each poll. */
function againAfterMs(end: ModbusAnswer | Failure, { hasAnswered, failedPolls }: PlannedRead): number {
  if (end.kind === 'failed') {
    const minMs = hasAnswered ? MISSED_AGAIN_MIN_MS : NEVER_ANSWERED_AGAIN_MIN_MS
    return Math.min(minMs * 2 ** (failedPolls - 1), UNANSWERED_AGAIN_MAX_MS)
  }
  return end.kind === 'exception' && isLasting(end.code) ? REFUSED_AGAIN_MS : 0
}
