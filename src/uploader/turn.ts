/**
 * One turn of a session: both sides are compared, events are pushed for a while, and the quarantine is tried again. A session is
 * one turn after the other, until it fails.
 */
import type { DestinationSession } from '../domain/destination.ts'
import type { LogPosition } from '../domain/outbox.ts'
import type { Backoff } from '../runtime/backoff.ts'
import { createBatchSize } from './batches.ts'
import { createJudge } from './blame.ts'
import type { Doorbell } from './doorbell.ts'
import { type DrainParts, drain, SEARCH_ROWS_MAX } from './drain.ts'
import { UploadFence } from './fence.ts'
import { tellLosses } from './losses.ts'
import type { UploadProgress } from './progress.ts'
import { MustWait } from './push.ts'
import type { QuarantineRetries } from './quarantine-retries.ts'
import { createStride } from './search.ts'
import type { SelfReports } from './self-reports.ts'
import { synchronise } from './synchronise.ts'
import { isTaken } from './taken.ts'
import type { UploaderParts } from './uploader-parts.ts'

/**
 * Every 20 s both sides are compared again and the quarantine is tried again. A row that was refused for missing master data must
 * land within 60 s of that.
 */
const TURN_MS = 20_000

/** What a turn shares with the service that takes it. */
interface TurnTools {
  /** Rung when events were stored, at a stop, when a session breaks, and when the quarantine is to be tried. */
  readonly bell: Doorbell
  readonly delays: Backoff
  readonly progress: UploadProgress
  readonly reports: SelfReports
  readonly quarantine: QuarantineRetries
}

/** The turns of one route; what is learnt of batches and refusals lasts over its sessions. */
export class UploadTurns {
  readonly #parts: UploaderParts
  readonly #tools: TurnTools
  readonly #drainParts: DrainParts
  readonly #fence: UploadFence

  constructor(parts: UploaderParts, tools: TurnTools) {
    this.#parts = parts
    this.#tools = tools
    this.#drainParts = drainParts(parts, tools)
    this.#fence = new UploadFence(parts, { watch: tools.progress.watch, reports: tools.reports })
  }

  /**
   * Takes a turn; at a fence, or where the destination changes meanwhile, it only waits.
   * @throws DestinationError when the session is of no use any more; StoreError
   */
  async take(session: DestinationSession, signal: AbortSignal): Promise<void> {
    const { outbox, route, clock } = this.#parts
    const { delays, progress, quarantine, reports } = this.#tools
    const outcome = await synchronise(session, { outbox, consumer: route.name, must: route.must })
    progress.compared(session)
    if (outcome.kind === 'fenced') return this.#fence.waitAt(outcome, session, signal)
    if (outcome.kind === 'moved') return clock.sleep(delays.next(), signal)
    if (route.must === 'deliver') await tellLosses(session, outbox)
    this.#fence.gone()
    progress.agreed(outcome.agreement)
    // Before the events, because a destination that refuses them ends the turn.
    await reports.offer(session)
    const position = await this.#pushEvents(session, outcome.agreement.at, signal)
    if (!position) return clock.sleep(delays.next(), signal)
    session.broken?.throwIfAborted()
    await quarantine.round(session, signal)
    // What a transaction could not write beside its events is tried again with one that has none.
    if (session.troubles.length > 0 && !signal.aborted) await session.transaction(() => Promise.resolve())
    progress.lookBeside(session)
    progress.succeeded()
  }

  /** @returns how far the destination has come; undefined when it is not where it was thought to be */
  async #pushEvents(
    session: DestinationSession,
    from: LogPosition,
    signal: AbortSignal,
  ): Promise<LogPosition | undefined> {
    const { quarantine } = this.#tools
    const untilMs = this.#parts.clock.now().monoMs + TURN_MS
    const may = () => !signal.aborted && !quarantine.isAsked
    try {
      return await drain({ session, from }, this.#drainParts, { untilMs, may })
    } catch (error) {
      // Whatever new events wait for, what was set aside for other reasons may land meanwhile.
      if (error instanceof MustWait) await quarantine.round(session, signal)
      throw error
    }
  }
}

function drainParts(
  { outbox, route, clock, pageRows }: UploaderParts,
  { bell, progress }: TurnTools,
): DrainParts {
  return {
    outbox,
    clock,
    bell,
    consumer: route.name,
    takes: (stored) => isTaken(route, stored),
    size: createBatchSize(route.batch.rows, pageRows),
    judge: createJudge(route.sortOf),
    stride: createStride(SEARCH_ROWS_MAX),
    lingerMs: route.batch.lingerMs,
    ridden: () => route.ridden?.(),
    landed: (pushed) => progress.landed(pushed),
    tally: progress.tally,
  }
}
