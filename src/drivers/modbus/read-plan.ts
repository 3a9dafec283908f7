/**
 * The requests that read the signals of one polling interval, and what is known of each. What a device was found not to take is
 * remembered here, over reconnects, and found out again after a while: the device may have got another program.
 */
import type { Complaint } from './link.ts'
import { type Block, type Cell, planReads, type ReadLimits, wiresOf } from './plan-reads.ts'

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

/** Of one device and one polling interval, from the device's map on until it changes. */
export class ReadPlan {
  readonly #limits: ReadLimits
  #reads: PlannedRead[]
  /** When what was found out is to be found out again; undefined where nothing was. */
  #againAtMs: number | undefined
  #againAfterMs = WHOLE_AGAIN_MIN_MS

  constructor(cells: readonly Cell[], limits: ReadLimits) {
    this.#limits = limits
    this.#reads = planReads(cells, limits).map(plannedRead)
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
   * Plans anew what was divided or refused as a whole, if its time has come. Single addresses that are bad stay apart: it was
   * they that made the others fail.
   */
  refresh(nowMs: number): void {
    if (this.#againAtMs === undefined || nowMs < this.#againAtMs) return
    this.#againAtMs = undefined
    const isBad = ({ complaint, block }: PlannedRead) =>
      complaint !== undefined && wiresOf(block).length === 1
    const bad = this.#reads.filter(isBad)
    const cells = this.#reads.filter((read) => !isBad(read)).flatMap(({ block }) => block.cells)
    const limits = bad.length === 0 ? this.#limits : { ...this.#limits, gap: 0 }
    this.#reads = [...planReads(cells, limits).map(plannedRead), ...bad]
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
