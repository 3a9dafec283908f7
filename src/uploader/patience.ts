/**
 * Bounds every wait for central. The adapter has its own deadlines; these are the outer ones, so that an answer that
 * never comes cannot hold the uploader, and a stop ends soon. An operation given up has an unknown outcome, never a failed one.
 */
import type { Destination, DestinationSession } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Clock } from '../runtime/clock.ts'

/** Longer than the adapter's own limits for one host after the other, so that its better message comes first. */
const CONNECT_MAX_MS = 120_000
const QUERY_MAX_MS = 60_000
/** A transaction in careful mode has many statements, each within the adapter's limit. */
const TRANSACTION_MAX_MS = 300_000
/** What a batch in flight still gets after the stop. */
const STOP_GRACE_MS = 3_000
const DISPOSE_MAX_MS = 3_000

export interface Patience {
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Connects, and bounds every wait of the session.
 * @throws DestinationError
 */
export async function connect(central: Destination, patience: Patience): Promise<DestinationSession> {
  const opening = central.connect(patience.signal)
  try {
    return bounded(await within(opening, CONNECT_MAX_MS, 'the connection', patience), patience)
  } catch (error) {
    // A session that comes after all belongs to nobody: it is closed. A failure that comes is already reported.
    opening.then(
      (late) => closed(late, patience.clock),
      () => undefined,
    )
    throw error
  }
}

function bounded(session: DestinationSession, patience: Patience): DestinationSession {
  return {
    clockOffsetMs: session.clockOffsetMs,
    head: () => within(session.head(), QUERY_MAX_MS, 'the stream', patience),
    transaction: (work) => within(session.transaction(work), TRANSACTION_MAX_MS, 'the batch', patience),
    holdsAny: (events) => within(session.holdsAny(events), QUERY_MAX_MS, 'the search for our rows', patience),
    quarantined: (limit) => within(session.quarantined(limit), QUERY_MAX_MS, 'the quarantine', patience),
    [Symbol.asyncDispose]: () => closed(session, patience.clock),
  }
}

/** Waits for an operation, at most `maxMs`, and after the stop at most the grace. */
async function within<T>(operation: Promise<T>, maxMs: number, what: string, patience: Patience): Promise<T> {
  const { clock, signal } = patience
  const gaveUp = Promise.withResolvers<never>()
  const giveUp = (why: string) => () =>
    gaveUp.reject(new DestinationError('central.silent', why, { refusal: 'unknown' }))
  const cancelLimit = clock.after(
    maxMs,
    giveUp(`central has not answered about ${what} for ${maxMs / 1000} s`),
  )
  let cancelGrace = () => {}
  const onStop = () => {
    cancelGrace = clock.after(STOP_GRACE_MS, giveUp(`stopped while waiting for central about ${what}`))
  }
  if (signal.aborted) onStop()
  else signal.addEventListener('abort', onStop, { once: true })
  try {
    return await Promise.race([operation, gaveUp.promise])
  } finally {
    cancelLimit()
    cancelGrace()
    signal.removeEventListener('abort', onStop)
  }
}

/** Closes a session; one that does not close is left behind, since its socket dies with the adapter's own limits. */
async function closed(session: DestinationSession, clock: Clock): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(DISPOSE_MAX_MS, resolve)
  try {
    await Promise.race([session[Symbol.asyncDispose](), late])
  } catch {
    // The link is gone already: there is nothing left to close.
  } finally {
    cancel()
  }
}
