/** Tries events again that were set aside. None is released outside the transaction in which it lands. */
import type {
  DestinationSession,
  DestinationTransaction,
  QuarantinedEvent,
  QuarantineKey,
  QuarantineSummary,
  RefusedEvent,
} from '../domain/destination.ts'
import type { RefusedRows } from '../domain/health.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'
import { PAIRS_MAX, withRefused } from './refused-rows.ts'
import { createStride, type Stride, search } from './search.ts'

/** Rows tried in one transaction. */
const RETRY_ROWS = 1_000
/** A round ends after this, so that a big quarantine cannot hold up new events; the next round goes on where it ended. */
const ROUND_MAX_MS = 3_000

/** Goes round the quarantine in key order, a part at a time. */
export interface QuarantineRounds {
  /** Rows set aside and not released, as last counted. */
  readonly count: number
  /** What they are, by machine and reason; the first few. */
  readonly refused: readonly RefusedRows[]
  /** Counts what a batch has set aside. */
  add(setAside: readonly RefusedEvent[]): void
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
  let summary: QuarantineSummary = { count: 0, refused: [] }
  let after: QuarantineKey | undefined
  const stride = createRetryStride()
  const countAgain = async (session: DestinationSession) => {
    summary = await session.quarantineSummary(PAIRS_MAX)
  }
  return {
    get count() {
      return summary.count
    },
    get refused() {
      return summary.refused
    },
    add: (setAside) => {
      summary = {
        count: summary.count + setAside.length,
        refused: withRefused(summary.refused, setAside),
      }
    },
    restart: () => {
      after = undefined
    },
    round: async (session, mayWrite, signal) => {
      await countAgain(session)
      if (summary.count === 0) return 0
      const endMs = clock.now().monoMs + ROUND_MAX_MS
      let landed = 0
      let isLast: boolean
      do {
        const page = await session.transaction((transaction) =>
          retryPage(transaction, { clock, mayWrite, after, stride }),
        )
        after = page.next
        landed += page.landed
        isLast = page.isLast
      } while (!isLast && clock.now().monoMs < endMs && !signal.aborted)
      if (landed > 0) await countAgain(session)
      return landed
    },
  }
}

interface RetriedPage {
  readonly landed: number
  /** The row behind which the next page begins. */
  readonly next: QuarantineKey | undefined
  /** Whether the end of the quarantine was reached; the next page would begin at the first row again. */
  readonly isLast: boolean
}

/** What people have tried again. */
interface RetryWish {
  readonly clock: Clock
  /** Which rows are meant; absent: all. */
  readonly isMeant?: (row: QuarantinedEvent) => boolean
}

/**
 * Once round the quarantine, in key order, a page a transaction. Whatever was set aside under our name may land.
 * @returns how many rows landed
 */
export async function retryAll(
  session: DestinationSession,
  wish: RetryWish,
  signal: AbortSignal,
): Promise<number> {
  let landed = 0
  let after: QuarantineKey | undefined
  let isLast: boolean
  const stride = createRetryStride()
  do {
    const page = await session.transaction((transaction) =>
      retryPage(transaction, { ...wish, mayWrite: () => true, after, stride }),
    )
    landed += page.landed
    after = page.next
    isLast = page.isLast
  } while (!isLast && !signal.aborted)
  return landed
}

/** How a page is tried again. */
interface Retry extends RetryWish {
  /** Whether the stream is still ours, asked under its lock. */
  readonly mayWrite: (transaction: DestinationTransaction) => boolean
  /** The row behind which the page begins; undefined for the first of all. */
  readonly after: QuarantineKey | undefined
  /** One for all pages, so that a page goes on where time was over for the one before. */
  readonly stride: Stride
}

/** Begins with whole pages. */
export function createRetryStride(): Stride {
  return createStride(RETRY_ROWS)
}

/** Tries one page again, in key order, under the lock of the stream row. Whoever is to blame, what is refused stays where it is. */
export async function retryPage(
  transaction: DestinationTransaction,
  { clock, mayWrite, after, stride, isMeant = () => true }: Retry,
): Promise<RetriedPage> {
  if (!mayWrite(transaction)) return { landed: 0, next: undefined, isLast: true }
  const rows = await transaction.quarantined(after, RETRY_ROWS)
  const meant = rows.filter(isMeant)
  const keys = new Map(meant.map((row) => [asStored(row), row]))
  const found = await search(transaction, [...keys.keys()], {
    clock,
    stride,
    outlook: () => 'clear',
  })
  const landed = found.landed.flatMap((event) => keys.get(event) ?? [])
  await transaction.release(landed)
  const isWhole = found.tried === meant.length
  const isLast = rows.length < RETRY_ROWS && isWhole
  const reached = isWhole ? rows.at(-1) : (meant[found.tried - 1] ?? after)
  return { landed: landed.length, next: isLast ? undefined : reached, isLast }
}

/** Its hash does not matter to apply it again: its sequence number was consumed when it was set aside. */
function asStored({ seq, event, capturedAtMs }: QuarantinedEvent): StoredEvent {
  return { seq, event, capturedAtMs, hash: new Uint8Array() }
}
