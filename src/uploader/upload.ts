/**
 * Brings every event of the outbox to one destination, exactly once and in order. What has landed is what the destination's
 * stream says, which moves in the same transaction as the rows; the local cursor only follows it. Where the outcome of a push is
 * not known, the uploader makes a new session and reads the stream again. It never assumes an outcome, never drops an event, and
 * never writes past a fence.
 */
import type { DestinationSession, DestinationTransaction, Route } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Health, UploadHealth } from '../domain/health.ts'
import type { Outbox } from '../domain/outbox.ts'
import { namedOnly } from '../domain/recipient.ts'
import { type Backoff, backoff } from '../runtime/backoff.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { writeIfPossible } from './acknowledge.ts'
import { createBatchSize } from './batches.ts'
import { BesideTroubles } from './beside-troubles.ts'
import { createJudge } from './blame.ts'
import { fenceCause, fenceIncident, gapCause } from './causes.ts'
import { createDoorbell } from './doorbell.ts'
import { type DrainParts, drain, SEARCH_ROWS_MAX } from './drain.ts'
import { tellLosses } from './losses.ts'
import { connect } from './patience.ts'
import { MustWait, type Pushed } from './push.ts'
import { PushTally } from './push-tally.ts'
import { createQuarantineRounds, type QuarantineRounds } from './quarantine.ts'
import { type Agreement, isOfAnother, isOurs } from './resync.ts'
import { createRouteWatch, type RouteWatch, routeTroubles } from './route-watch.ts'
import { createStride } from './search.ts'
import { type AskReport, createSelfReports, type SelfReports } from './self-reports.ts'
import { type SyncOutcome, synchronise } from './synchronise.ts'
import { isTaken } from './taken.ts'

/**
 * Every 20 s both sides are compared again and the quarantine is tried again. A row that was refused for missing master data must
 * land within 60 s of that.
 */
const TURN_MS = 20_000
/** Between two looks whether a fence is still there. */
const FENCED_LOOK_MS = 30_000
/** Delays between two attempts to connect. */
const RECONNECT = { minMs: 500, maxMs: 30_000 }

interface UploaderParts {
  readonly outbox: Outbox
  /** Where the events go; its name is its cursor's in the outbox. */
  readonly route: Route
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
  /** How long a stop may wait for the destination. */
  readonly budget: Pick<StopBudget, 'leftMs'>
  /** What the gateway says of itself to the destination; absent where it says nothing there. */
  readonly report?: AskReport
  /** Events that are read and sent at a time, where it is not the usual number. */
  readonly pageRows?: number
}

/** An uploader for one route; start it as a service. */
export function createUploader(parts: UploaderParts): Uploader {
  return new RouteUploader(parts)
}

/** The service, and what may be asked of it. */
export interface Uploader extends Service {
  health(): Health<UploadHealth>
  /** Asks for the quarantine to be tried from its first row, at once if the destination is connected. */
  retryQuarantine(): void
}

class RouteUploader implements Uploader {
  readonly name: string
  readonly #parts: UploaderParts
  readonly #drainParts: DrainParts
  readonly #watch: RouteWatch
  readonly #rounds: QuarantineRounds
  readonly #delays: Backoff
  readonly #reports: SelfReports
  readonly #tally = new PushTally()
  #lastSeq = 0
  #clockOffsetMs: number | null = null
  #certificateEndsMs: number | undefined
  #retryAsked = false
  readonly #beside: BesideTroubles
  /** The fence of which an incident was written at the destination, so that there is one incident for each. */
  #recordedFence = ''

  constructor(parts: UploaderParts) {
    const { outbox, route, clock, log, random, pageRows } = parts
    this.name = `uploader ${route.name}`
    this.#parts = parts
    this.#watch = createRouteWatch(route, clock, log)
    this.#rounds = createQuarantineRounds(clock)
    this.#delays = backoff({ ...RECONNECT, random })
    this.#beside = new BesideTroubles(log)
    this.#reports = createSelfReports({ name: route.name, ask: parts.report, clock, log })
    this.#drainParts = {
      outbox,
      clock,
      bell: createDoorbell(clock),
      consumer: route.name,
      takes: (stored) => isTaken(route, stored),
      size: createBatchSize(route.batch.rows, pageRows),
      judge: createJudge(route.sortOf),
      stride: createStride(SEARCH_ROWS_MAX),
      lingerMs: route.batch.lingerMs,
      ridden: () => route.ridden?.(),
      landed: (pushed) => this.#landed(pushed),
      tally: this.#tally,
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { outbox, clock } = this.#parts
    const { bell } = this.#drainParts
    const deafen = outbox.onStored(bell.ring)
    signal.addEventListener('abort', bell.ring, { once: true })
    try {
      await this.#nameRecipient()
      while (!signal.aborted) {
        await this.#holdSession(signal)
        if (!signal.aborted) await clock.sleep(this.#delays.next(), signal)
      }
    } finally {
      signal.removeEventListener('abort', bell.ring)
      deafen()
    }
  }

  health(): Health<UploadHealth> {
    const { route, clock } = this.#parts
    const summary = {
      route: route.name,
      must: route.must,
      ...this.#watch.standing,
      lastSeq: this.#lastSeq,
      clockOffsetMs: this.#clockOffsetMs,
      quarantineCount: this.#rounds.count,
      refused: this.#rounds.refused,
      ...(this.#certificateEndsMs !== undefined && { certificateEndsMs: this.#certificateEndsMs }),
      counts: this.#tally.soFar,
    }
    const nowMs = clock.now().wallMs
    const troubles = [
      ...routeTroubles(summary, nowMs),
      ...this.#watch.unsteady(nowMs),
      ...this.#beside.troubles,
    ]
    return { summary, troubles }
  }

  retryQuarantine(): void {
    this.#retryAsked = true
    this.#drainParts.bell.ring()
  }

  /**
   * What is captured from the first event on is captured for somebody, also while the destination was never reached. Of an older log
   * nobody can say for whom: its destination must prove it.
   */
  async #nameRecipient(): Promise<void> {
    const { outbox, route } = this.#parts
    const { name, recipient } = route
    if (!recipient || (await outbox.tail()).seq > 0 || (await outbox.recipient(name))) return
    await writeIfPossible(() => outbox.deliverTo(name, namedOnly(recipient)))
  }

  /** Connects, and pushes until the session fails or the stop. What its end left unknown, the next session finds in the stream. */
  async #holdSession(signal: AbortSignal): Promise<void> {
    const { outbox, route, clock, budget } = this.#parts
    try {
      const last = await outbox.recipient(route.name)
      const patience = { name: route.name, clock, signal, budget }
      await using session = await connect(route.destination, patience, last)
      await this.#useSession(session, signal)
    } catch (error) {
      if (!(error instanceof DestinationError)) throw error
      if (!signal.aborted) this.#watch.failed(error)
    }
  }

  /** A session that breaks is left at once, also while it waits for events or for somebody to mend something. */
  async #useSession(session: DestinationSession, signal: AbortSignal): Promise<void> {
    const { bell } = this.#drainParts
    const { broken } = session
    const usable = broken ? AbortSignal.any([signal, broken]) : signal
    broken?.addEventListener('abort', bell.ring, { once: true })
    while (!signal.aborted) {
      broken?.throwIfAborted()
      await this.#turn(session, usable)
    }
    await this.#reports.farewell(session)
  }

  /** Compares both sides, pushes for a while, and tries the quarantine again. */
  async #turn(session: DestinationSession, signal: AbortSignal): Promise<void> {
    const { outbox, route, clock } = this.#parts
    const outcome = await synchronise(session, { outbox, consumer: route.name, must: route.must })
    this.#clockOffsetMs = session.clockOffsetMs
    this.#certificateEndsMs = session.certificateEndsMs
    this.#beside.look(session)
    if (outcome.kind === 'fenced') return this.#stayFenced(session, outcome, signal)
    if (outcome.kind === 'moved') return clock.sleep(this.#delays.next(), signal)
    if (route.must === 'deliver') await tellLosses(session, outbox)
    this.#settled(outcome.agreement)
    // Before the events, because a destination that refuses them ends the turn.
    await this.#reports.offer(session)
    const wait = { untilMs: clock.now().monoMs + TURN_MS, may: () => !signal.aborted && !this.#retryAsked }
    const position = await drain({ session, from: outcome.agreement.at }, this.#drainParts, wait).catch(
      async (error: unknown) => {
        // Whatever new events wait for, what was set aside for other reasons may land meanwhile.
        if (error instanceof MustWait) await this.#tryQuarantine(session, signal)
        throw error
      },
    )
    if (!position) return clock.sleep(this.#delays.next(), signal)
    session.broken?.throwIfAborted()
    await this.#tryQuarantine(session, signal)
    // What a transaction could not write beside its events is tried again with one that has none.
    if (session.troubles.length > 0 && !signal.aborted) await session.transaction(() => Promise.resolve())
    this.#beside.look(session)
    this.#mended()
  }

  async #stayFenced(
    session: DestinationSession,
    { reason, facts }: Extract<SyncOutcome, { kind: 'fenced' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { outbox, route, clock } = this.#parts
    this.#watch.become('fenced', fenceCause(route.name, reason, facts))
    if (this.#recordedFence !== reason) {
      // Tried once: where the incident is refused, `status` must go on to show the fence and not that refusal.
      this.#recordedFence = reason
      const incident = fenceIncident(reason, outbox.identity, facts.head)
      await session.transaction((transaction) => transaction.record(incident))
    }
    if (!isOfAnother(reason)) {
      if (route.must === 'deliver') await tellLosses(session, outbox)
      await this.#reports.offer(session)
    }
    await clock.sleep(FENCED_LOOK_MS, signal)
  }

  /** Both sides agree on a position. A destination that refused a batch counts as connected only once something lands. */
  #settled(agreement: Agreement): void {
    this.#recordedFence = ''
    this.#lastSeq = agreement.at.seq
    const { state } = this.#watch.standing
    if (agreement.kind !== 'in step') this.#announce(agreement)
    else if (state !== 'connected' && state !== 'waiting') this.#watch.become('connected')
  }

  /**
   * What a route at best effort missed is counted by the outbox, and no more a trouble than a new stream is. Nor is it one that a
   * route which was added to an old log lacks what was stored and removed before.
   */
  #announce(agreement: Agreement): void {
    const { route, log } = this.#parts
    const mustHave = route.must === 'deliver'
    const { gap, restored } =
      'gap' in agreement ? agreement : { gap: undefined, restored: agreement.kind === 'refill' }
    log[mustHave && (gap || restored) ? 'warn' : 'info'](
      { event: 'route-agreed', agreement: agreement.kind, fromSeq: agreement.at.seq + 1 },
      `${route.name} gets the events from here on`,
    )
    const lacks = mustHave && gap && (agreement.kind !== 'begin' || restored)
    this.#watch.become('connected', lacks ? gapCause(route.name, gap, restored) : undefined)
  }

  #landed({ at, setAside }: Extract<Pushed, { kind: 'landed' }>): void {
    this.#lastSeq = at.seq
    this.#rounds.add(setAside)
    this.#watch.refused(setAside, at.seq)
    this.#mended()
  }

  /** Something succeeded: the delays begin small again, and a destination that refused a batch takes them again. */
  #mended(): void {
    this.#delays.reset()
    if (this.#watch.standing.state === 'waiting') this.#watch.become('connected')
  }

  async #tryQuarantine(session: DestinationSession, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { outbox, log } = this.#parts
    if (this.#retryAsked) this.#rounds.restart()
    this.#retryAsked = false
    const mayWrite = ({ head }: DestinationTransaction) => isOurs(head, outbox.identity)
    const landed = await this.#rounds.round(session, mayWrite, signal)
    if (landed > 0) log.info({ event: 'quarantine-landed', landed }, 'rows from the quarantine have landed')
  }
}
