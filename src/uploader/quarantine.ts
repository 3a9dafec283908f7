/**
 * Events that a destination refuses for themselves: finds them in a batch, sets them aside, and tries them again. None is set
 * aside outside the transaction that moves the stream past it, and none released outside the one in which it lands.
 */
import type {
  DestinationSession,
  DestinationTransaction,
  QuarantinedEvent,
  QuarantineKey,
} from '../domain/destination.ts'
import { DestinationError, withHint } from '../domain/errors.ts'
import type { RefusedRows } from '../domain/health.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'
import { withRefused } from './refused-rows.ts'

/** Rows tried in one transaction. */
const RETRY_ROWS = 50
/** A round ends after this, so that a big quarantine cannot hold up new events; the next round goes on where it ended. */
const ROUND_MAX_MS = 3_000
/** The quarantine is counted up to this; a larger one shows this number. */
const COUNT_MAX = 1_000

/** An event that a batch has set aside, and why. */
export type SetAside = Pick<QuarantinedEvent, 'event' | 'reason'>

/**
 * Applies events in order around those that are refused for themselves, which go into quarantine. At most
 * 1 + 2·k·⌈log2 n⌉ applies for k refused of n events.
 * @returns those that were set aside
 * @throws DestinationError for any refusal that is not a row's fault
 */
export async function applyAround(
  transaction: DestinationTransaction,
  events: readonly StoredEvent[],
): Promise<readonly SetAside[]> {
  const [first] = events
  if (!first) return []
  const refusal = await rowRefusal(() => transaction.apply(events, { guarded: true }))
  if (!refusal) return []
  if (events.length === 1) {
    const reason = reasonOf(refusal)
    await transaction.quarantine(first, { reason, sqlstate: refusal.sqlstate })
    return [{ event: first.event, reason }]
  }
  const half = events.length >> 1
  const before = await applyAround(transaction, events.slice(0, half))
  return [...before, ...(await applyAround(transaction, events.slice(half)))]
}

/** With what to do about it: whoever reads the quarantine has nothing else to go by. */
function reasonOf({ message, hint }: DestinationError): string {
  return withHint(message, hint)
}

/** The refusal of one row, if that is what `work` ends with. */
async function rowRefusal(work: () => Promise<void>): Promise<DestinationError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (isRowRefusal(error)) return error
    throw error
  }
}

/** Whether an event was refused for itself: others behind it may land. */
export function isRowRefusal(error: unknown): error is DestinationError {
  return error instanceof DestinationError && error.refusal === 'row'
}

/** Goes round the quarantine in key order, a part at a time. */
export interface QuarantineRounds {
  /** Rows set aside and not released, as last counted, at most {@link COUNT_MAX}. */
  readonly count: number
  /** What they are, by machine and reason; the first few. */
  readonly refused: readonly RefusedRows[]
  /** Counts what a batch has set aside. */
  add(setAside: readonly SetAside[]): void
  /** The next round starts at the first row again. */
  restart(): void
  /**
   * Tries what is set aside again; `mayWrite` says under the lock whether the stream is still ours.
   * @returns how many rows landed
   */
  round(
    session: DestinationSession,
    mayWrite: (transaction: DestinationTransaction) => boolean,
    signal: AbortSignal,
  ): Promise<number>
}

/** @param clock bounds each round */
export function createQuarantineRounds(clock: Clock): QuarantineRounds {
  let count = 0
  let refused: readonly RefusedRows[] = []
  let after: QuarantineKey | undefined
  const countAgain = async (session: DestinationSession) => {
    const rows = await session.quarantined(COUNT_MAX)
    count = rows.length
    refused = withRefused([], rows)
  }
  return {
    get count() {
      return count
    },
    get refused() {
      return refused
    },
    add: (setAside) => {
      count = Math.min(count + setAside.length, COUNT_MAX)
      refused = withRefused(refused, setAside)
    },
    restart: () => {
      after = undefined
    },
    round: async (session, mayWrite, signal) => {
      await countAgain(session)
      if (count === 0) return 0
      const endMs = clock.now().monoMs + ROUND_MAX_MS
      let landed = 0
      do {
        const page = await session.transaction((transaction) => retryPage(transaction, mayWrite, after))
        after = page.next
        landed += page.landed
      } while (after && clock.now().monoMs < endMs && !signal.aborted)
      if (landed > 0) await countAgain(session)
      return landed
    },
  }
}

interface RetriedPage {
  readonly landed: number
  /** Where the next page begins; undefined at the end of the quarantine. */
  readonly next: QuarantineKey | undefined
}

/** Tries one page again, in key order, under the lock of the stream row. */
export async function retryPage(
  transaction: DestinationTransaction,
  mayWrite: (transaction: DestinationTransaction) => boolean,
  after: QuarantineKey | undefined,
): Promise<RetriedPage> {
  if (!mayWrite(transaction)) return { landed: 0, next: undefined }
  const rows = await transaction.quarantined(after, RETRY_ROWS)
  let landed = 0
  for (const row of rows) {
    if (await rowRefusal(() => transaction.apply([asStored(row)], { guarded: true }))) continue
    await transaction.release(row.incarnation, row.seq)
    landed += 1
  }
  return { landed, next: rows.length < RETRY_ROWS ? undefined : rows.at(-1) }
}

/** Only the event matters to apply it again: its sequence number was consumed when it was set aside. */
function asStored({ seq, event }: QuarantinedEvent): StoredEvent {
  return { seq, event, capturedAtMs: 0, hash: new Uint8Array() }
}
