/**
 * Brings every event of the outbox to central exactly once and in order. What has landed is what central's stream row says,
 * which moves in the same transaction as the rows; the local cursor only follows it. Where the outcome of a push is not known,
 * the uploader makes a new session and reads the stream row again. It never assumes an outcome, never drops an event, and
 * never writes past a fence.
 */
import type { DestinationSession, DestinationTransaction, Route } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import { isUnreadable } from '../domain/events/event.ts'
import type { Health, UploadHealth } from '../domain/health.ts'
import type { LogPosition, Outbox, StoredEvent } from '../domain/outbox.ts'
import { backoff } from '../runtime/backoff.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { createBatchSize } from './batches.ts'
import { fenceCause, fenceIncident, gapCause } from './causes.ts'
import { createDoorbell } from './doorbell.ts'
import { type Drain, drain } from './drain.ts'
import { connect } from './patience.ts'
import type { Pushed } from './push.ts'
import { createQuarantineRounds } from './quarantine.ts'
import { type Agreement, standsAt } from './resync.ts'
import { createRouteWatch, routeTroubles } from './route-watch.ts'
import { type Standing, synchronise } from './synchronise.ts'

/** Every 20 s both sides are compared again and the quarantine is tried again. Rows must land within 60 s of the missing master data. */
const TURN_MS = 20_000
const FENCED_LOOK_MS = 30_000
const RECONNECT = { minMs: 500, maxMs: 30_000 }

export interface UploaderParts {
  readonly outbox: Outbox
  /** Where the events go; its name is its cursor's in the outbox. */
  readonly route: Route
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
  /** How long a stop may wait for central. */
  readonly budget: StopBudget
}

export interface Uploader extends Service {
  health(): Health<UploadHealth>
  /** Asks for the quarantine to be tried from its first row, at once if central is connected. */
  retryQuarantine(): void
}

export function createUploader(parts: UploaderParts): Uploader {
  const { outbox, route, clock, log } = parts
  const consumer = route.name
  // What cannot be read is offered to the route too, which sets it aside: nothing is passed over unnoticed.
  const takes = ({ event }: StoredEvent) => route.takes(event.kind) || isUnreadable(event)
  const watch = createRouteWatch(route, clock, log)
  const bell = createDoorbell(clock)
  const size = createBatchSize(route.batch.rows)
  const rounds = createQuarantineRounds(clock)
  const delays = backoff({ ...RECONNECT, random: parts.random })
  const drainage: Drain = {
    outbox,
    clock,
    bell,
    consumer,
    takes,
    size,
    lingerMs: route.batch.lingerMs,
    landed,
  }
  let lastSeq = 0
  let clockOffsetMs: number | null = null
  let retryAsked = false
  /** The fence of which an incident was written into central, so that there is one incident for each. */
  let recordedFence = ''

  async function run(signal: AbortSignal): Promise<void> {
    const deafen = outbox.onStored(bell.ring)
    signal.addEventListener('abort', bell.ring, { once: true })
    try {
      while (!signal.aborted) {
        await holdSession(signal)
        if (!signal.aborted) await clock.sleep(delays.next(), signal)
      }
    } finally {
      signal.removeEventListener('abort', bell.ring)
      deafen()
    }
  }

  /** Connects and pushes until the session is of no use any more. What its end left unknown, the next session finds in the stream row. */
  async function holdSession(signal: AbortSignal): Promise<void> {
    try {
      await using session = await connect(route.destination, { clock, signal, budget: parts.budget })
      clockOffsetMs = session.clockOffsetMs
      while (!signal.aborted) await turn(session, signal)
    } catch (error) {
      if (!(error instanceof DestinationError)) throw error
      if (!signal.aborted) watch.failed(error)
    }
  }

  /** Looks where both sides stand, pushes for a while, and tries the quarantine again. */
  async function turn(session: DestinationSession, signal: AbortSignal): Promise<void> {
    const standing = await synchronise(session, { outbox, consumer })
    if (standing.kind === 'fenced') return stayFenced(session, standing, signal)
    if (standing.kind === 'moved') return clock.sleep(delays.next(), signal)
    settled(standing.agreement)
    const wait = { untilMs: clock.now().monoMs + TURN_MS, may: () => !signal.aborted && !retryAsked }
    const place = await drain({ session, from: standing.agreement.at }, drainage, wait)
    if (!place) return clock.sleep(delays.next(), signal)
    if (!signal.aborted) await tryQuarantine(session, place, signal)
    mended()
  }

  async function stayFenced(
    session: DestinationSession,
    { reason, head }: Extract<Standing, { kind: 'fenced' }>,
    signal: AbortSignal,
  ): Promise<void> {
    watch.become('fenced', fenceCause(reason, head))
    if (recordedFence !== reason) {
      // Tried once: where central refuses the incident, `status` must go on to show the fence and not that refusal.
      recordedFence = reason
      const incident = fenceIncident(reason, outbox.identity, head)
      await session.transaction((transaction) => transaction.record(incident))
    }
    await clock.sleep(FENCED_LOOK_MS, signal)
  }

  /** Central and the log agree on a place. A central that refused a batch counts as connected only once something lands. */
  function settled(agreement: Agreement): void {
    recordedFence = ''
    lastSeq = agreement.at.seq
    const { state } = watch.standing
    if (agreement.kind !== 'in step') announce(agreement)
    else if (state !== 'connected' && state !== 'waiting') watch.become('connected')
  }

  function announce(agreement: Agreement): void {
    const gap = 'gap' in agreement ? agreement.gap : undefined
    log.warn(
      { agreement: agreement.kind, fromSeq: agreement.at.seq + 1 },
      'central gets the events from here on',
    )
    watch.become('connected', gap && gapCause(gap))
  }

  function landed({ at, setAside }: Extract<Pushed, { kind: 'landed' }>): void {
    lastSeq = at.seq
    rounds.add(setAside)
    if (setAside > 0)
      log.warn({ setAside, lastSeq }, 'central refused rows for themselves: they are in quarantine')
    mended()
  }

  /** Something succeeded: the delays begin small again, and what central refused before is over. */
  function mended(): void {
    delays.reset()
    if (watch.standing.state === 'waiting') watch.become('connected')
  }

  async function tryQuarantine(
    session: DestinationSession,
    place: LogPosition,
    signal: AbortSignal,
  ): Promise<void> {
    if (retryAsked) rounds.restart()
    retryAsked = false
    const mayWrite = ({ head }: DestinationTransaction) => standsAt(head, outbox.identity, place)
    const landed = await rounds.round(session, mayWrite, signal)
    if (landed > 0) log.info({ landed }, 'rows from the quarantine have landed')
  }

  function health(): Health<UploadHealth> {
    const { name, must } = route
    const quarantineCount = rounds.count
    const summary = { route: name, must, ...watch.standing, lastSeq, clockOffsetMs, quarantineCount }
    return { summary, troubles: routeTroubles(summary, clock.now().wallMs) }
  }

  return {
    name: 'uploader',
    run,
    health,
    retryQuarantine: () => {
      retryAsked = true
      bell.ring()
    },
  }
}
