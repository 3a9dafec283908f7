/**
 * Bounds every wait for central. The adapter has its own deadlines; these are the outer ones, so that an answer that
 * never comes cannot hold the uploader, and a stop ends soon. An operation given up has an unknown outcome, never a failed one.
 */
import type { Destination, DestinationSession } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { StopBudget, StopStage } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'

/** Longer than the adapter's own limits for one host after the other, so that its better message comes first. */
const CONNECT_MAX_MS = 120_000
const QUERY_MAX_MS = 60_000
/** A transaction in careful mode has many statements, each within the adapter's limit. */
const TRANSACTION_MAX_MS = 300_000
/** Closing a session while the gateway goes on; in a stop the budget says how long. */
const DISPOSE_MAX_MS = 3_000

export interface Patience {
  readonly clock: Clock
  /** Ends the uploader. What is under way then gets what the budget leaves it. */
  readonly signal: AbortSignal
  readonly budget: StopBudget
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
      (late) => closed(late, patience),
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
    [Symbol.asyncDispose]: () => closed(session, patience),
  }
}

/** Waits for an operation, at most `maxMs`, and after the stop as long as the budget lets a batch in flight. */
async function within<T>(operation: Promise<T>, maxMs: number, what: string, patience: Patience): Promise<T> {
  const gaveUp = Promise.withResolvers<never>()
  const callOff = limit(maxMs, 'batch in flight', patience, () => {
    const why = patience.signal.aborted
      ? `stopped while waiting for central about ${what}`
      : `central has not answered about ${what} for ${maxMs / 1000} s`
    gaveUp.reject(new DestinationError('central-silent', why, { refusal: 'unknown' }))
  })
  try {
    return await Promise.race([operation, gaveUp.promise])
  } finally {
    callOff()
  }
}

/** Closes a session; one that does not close is left behind, since its socket dies with the adapter's own limits. */
async function closed(session: DestinationSession, patience: Patience): Promise<void> {
  const late = Promise.withResolvers<void>()
  const callOff = limit(DISPOSE_MAX_MS, 'goodbye', patience, late.resolve)
  try {
    await Promise.race([session[Symbol.asyncDispose](), late.promise])
  } catch {
    // The link is gone already: there is nothing left to close.
  } finally {
    callOff()
  }
}

/**
 * Calls back after `maxMs`, or sooner after the stop, when what the budget leaves to the stage is over.
 * @returns the way to call it off
 */
function limit(
  maxMs: number,
  stage: StopStage,
  { clock, signal, budget }: Patience,
  callback: () => void,
): () => void {
  const cancelLimit = clock.after(maxMs, callback)
  let cancelStage = () => {}
  const onStop = () => {
    cancelStage = clock.after(budget.leftMs(stage), callback)
  }
  if (signal.aborted) onStop()
  else signal.addEventListener('abort', onStop, { once: true })
  return () => {
    cancelLimit()
    cancelStage()
    signal.removeEventListener('abort', onStop)
  }
}
