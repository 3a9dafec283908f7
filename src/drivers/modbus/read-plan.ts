/**
 * The requests that read the signals of one polling interval, and what is known of each. What a device was found not to take is
 * remembered here, over reconnects, and found out again after a while: the device may have got another program.
 */
import type { Complaint } from './link.ts'
import { type Block, isWithin, planReads, type ReadLimits, wiresOf } from './plan-reads.ts'

/** One request of a plan. */
export interface PlannedRead {
  readonly block: Block
  /** Whether it has ever been answered with data. */
  hasAnswered: boolean
  /** In how many polls in a row it has failed. */
  failedPolls: number
  /** Why its values are bad; undefined while they are not. */
  complaint: Complaint | undefined
  /** Whether it was found that nothing of it can be read, and not merely that one poll failed. */
  isJudged: boolean
  /** Not to be asked before this moment of the monotonic clock. */
  askAgainMs: number
}

/** After this long, requests that were divided are tried whole again; twice as long after each time that they had to be. */
const WHOLE_AGAIN_MIN_MS = 60_000
const WHOLE_AGAIN_MAX_MS = 2 * 3_600_000

/** The plan for one device and one polling interval. It lasts as long as the device's map is in force, over all links. */
export class ReadPlan {
  readonly #limits: ReadLimits
  #reads: PlannedRead[]
  /** When what was found out is to be found out again; undefined where nothing was. */
  #againAtMs: number | undefined
  #againAfterMs = WHOLE_AGAIN_MIN_MS
  /** The read that was put together again last, and how many were before it. */
  #trial: PlannedRead | undefined
  #trials = 0

  /** @param blocks the requests with which it begins */
  constructor(blocks: readonly Block[], limits: ReadLimits) {
    this.#limits = limits
    this.#reads = blocks.map(plannedRead)
  }

  get reads(): readonly PlannedRead[] {
    return this.#reads
  }

  /** Puts the parts of a read in its place. */
  divide(read: PlannedRead, parts: readonly Block[], nowMs: number): void {
    const nth = this.#reads.indexOf(read)
    if (nth >= 0) this.#reads.splice(nth, 1, ...parts.map(plannedRead))
    this.#foundOut(nowMs)
  }

  answered(read: PlannedRead, nowMs: number): void {
    const isBack = read.isJudged
    read.hasAnswered = true
    read.failedPolls = 0
    read.complaint = undefined
    read.isJudged = false
    if (read === this.#trial) this.#trialSucceeded(nowMs)
    if (!isBack) return
    // What is there again may not be the only one, and may share a request with the others again.
    for (const other of this.#reads) other.askAgainMs = 0
    this.#foundOut(nowMs)
  }

  /** This poll got no values from the read. */
  failed(read: PlannedRead, complaint: Complaint): void {
    read.failedPolls++
    read.complaint = complaint
  }

  /** Nothing of the read can be read: it is asked again now and then. */
  refused(
    read: PlannedRead,
    { askAgainMs, nowMs }: { readonly askAgainMs: number; readonly nowMs: number },
  ): void {
    read.isJudged = true
    read.askAgainMs = askAgainMs
    if (wiresOf(read.block).length > 1) this.#foundOut(nowMs)
  }

  /**
   * Puts parts of the plan together again, if the time has come: one request at a time, because each may fail again. Single
   * addresses that are bad stay apart: it was they that made the others fail.
   */
  refresh(nowMs: number): void {
    if (this.#againAtMs === undefined || nowMs < this.#againAtMs) return
    this.#againAtMs = undefined
    const untried = this.#whole().filter((block) => this.#isToBeTried(block))
    const block = untried[this.#trials++ % untried.length]
    if (!block) return
    this.#trial = plannedRead(block)
    const nth = this.#reads.findIndex((read) => isPartOf(read, block))
    const others = this.#reads.filter((read) => !isPartOf(read, block))
    this.#reads = [...others.slice(0, nth), this.#trial, ...others.slice(nth)]
    this.#foundOut(nowMs)
  }

  #isToBeTried(block: Block): boolean {
    if (this.#reads.some((read) => isTried(read, block))) return false
    const parts = this.#reads.filter((read) => isPartOf(read, block))
    return parts.flatMap((part) => part.block.cells).length === block.cells.length
  }

  /** The requests as they would be if the device took everything but the single addresses that are bad. */
  #whole(): readonly Block[] {
    const good = this.#reads.filter((read) => !isBadAddress(read))
    const limits = good.length === this.#reads.length ? this.#limits : { ...this.#limits, gap: 0 }
    return planReads(
      good.flatMap(({ block }) => block.cells),
      limits,
    )
  }

  /** What holds for one request may hold for the next. */
  #trialSucceeded(nowMs: number): void {
    this.#trial = undefined
    this.#againAtMs = nowMs
    this.#againAfterMs = WHOLE_AGAIN_MIN_MS
  }

  #foundOut(nowMs: number): void {
    if (this.#againAtMs !== undefined) return
    this.#againAtMs = nowMs + this.#againAfterMs
    this.#againAfterMs = Math.min(this.#againAfterMs * 2, WHOLE_AGAIN_MAX_MS)
  }
}

function plannedRead(block: Block): PlannedRead {
  return {
    block,
    hasAnswered: false,
    failedPolls: 0,
    complaint: undefined,
    isJudged: false,
    askAgainMs: 0,
  }
}

function isBadAddress({ complaint, block }: PlannedRead): boolean {
  return complaint !== undefined && wiresOf(block).length === 1
}

/** Whether it is known already how the device takes this request. */
function isTried({ block, isJudged }: PlannedRead, whole: Block): boolean {
  return !isJudged && block.area === whole.area && block.start === whole.start && block.count === whole.count
}

function isPartOf(read: PlannedRead, whole: Block): boolean {
  return !isBadAddress(read) && isWithin(read.block, whole)
}
