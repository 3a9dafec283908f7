/**
 * Bounds every wait for a destination, so that an answer that never comes cannot hold the uploader. The route has limits of its
 * own; these are longer, and hold even where those fail. In a stop the budget decides. Nobody knows the outcome of an operation
 * that was given up: it may have succeeded.
 */
import type { Destination, DestinationSession } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Recipient } from '../domain/recipient.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import { within } from '../runtime/within.ts'

/** Longer than a route's own limits for one host after the other, whose message says more. */
const CONNECT_MAX_MS = 120_000
const QUERY_MAX_MS = 60_000
/** A batch that is searched for refused rows has many statements, each within the route's own limit. */
const TRANSACTION_MAX_MS = 300_000
/** Closing a session while the gateway goes on; in a stop the budget says how long. */
const DISPOSE_MAX_MS = 3_000

interface Patience {
  /** The destination, for messages and codes. */
  readonly name: string
  readonly clock: Clock
  /** Ends the uploader. What is under way then gets what the budget leaves it. */
  readonly signal: AbortSignal
  readonly budget: Pick<StopBudget, 'leftMs'>
}

/**
 * Connects, and bounds every wait of the session.
 * @param last whom the log was delivered to last
 * @throws DestinationError
 */
export async function connect(
  destination: Destination,
  patience: Patience,
  last?: Recipient,
): Promise<DestinationSession> {
  const opening = destination.connect(patience.signal, last)
  try {
    return bounded(await waitFor(opening, CONNECT_MAX_MS, 'the connection', patience), patience)
  } catch (error) {
    // No one waits for this session any more: if it comes, it is closed. A failure was reported already.
    opening.then(
      (late) => closed(late, patience),
      () => undefined,
    )
    throw error
  }
}

function bounded(session: DestinationSession, patience: Patience): DestinationSession {
  return {
    get clockOffsetMs() {
      return session.clockOffsetMs
    },
    ...(session.recipient && { recipient: session.recipient }),
    certificateEndsMs: session.certificateEndsMs,
    head: () => waitFor(session.head(), QUERY_MAX_MS, 'the stream', patience),
    ...(session.prepare && { prepare: (events) => session.prepare?.(events) }),
    transaction: (work) => waitFor(session.transaction(work), TRANSACTION_MAX_MS, 'the batch', patience),
    holdsAny: (events) =>
      waitFor(session.holdsAny(events), QUERY_MAX_MS, 'the search for our rows', patience),
    quarantineSummary: (kinds) =>
      waitFor(session.quarantineSummary(kinds), QUERY_MAX_MS, 'the quarantine', patience),
    ...(session.report && {
      report: (report, dueS) =>
        waitFor(Promise.resolve(session.report?.(report, dueS)), QUERY_MAX_MS, 'the report', patience),
    }),
    get troubles() {
      return session.troubles
    },
    ...(session.broken && { broken: session.broken }),
    ...(session.isBesideLog && { isBesideLog: true }),
    [Symbol.asyncDispose]: () => closed(session, patience),
  }
}

/** Waits for an operation, at most `maxMs`, and after the stop as long as the budget lets a batch in flight. */
function waitFor<T>(operation: Promise<T>, maxMs: number, what: string, patience: Patience): Promise<T> {
  const { name, clock, signal, budget } = patience
  return within(
    operation,
    { clock, maxMs, signal, graceMs: () => budget.leftMs('batch in flight') },
    (why) => {
      const silent =
        why === 'aborted'
          ? `stopped while waiting for ${name} about ${what}`
          : `${name} has not answered about ${what} for ${maxMs / 1000} s`
      throw new DestinationError(`${name}-silent`, silent, { refusal: 'unknown' })
    },
  )
}

/** Closes a session; one that does not close is left behind, since its socket ends by the route's own limits. */
async function closed(session: DestinationSession, { clock, signal, budget }: Patience): Promise<void> {
  const bounds = { clock, maxMs: DISPOSE_MAX_MS, signal, graceMs: () => budget.leftMs('goodbye') }
  // Where closing fails the link is gone, and nothing is left to close.
  const closing = Promise.resolve(session[Symbol.asyncDispose]()).catch(() => undefined)
  await within(closing, bounds, () => undefined)
}
