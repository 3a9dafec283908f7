/**
 * Takes batches from the outbox: at once while there is a backlog, else when enough events wait or the first of them has
 * waited long enough. The size shrinks on a bad link, so that even a link that lives for a second makes progress.
 */
import type { Outbox, StoredEvent } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Doorbell } from './doorbell.ts'

/** The smallest batch that a bad link can push the size to. */
const ROWS_MIN = 8
/** Events that are read and sent at a time. This thread is busy for some 10 ms with so many. */
const PAGE_ROWS = 2_000
/** After a batch that took longer the next one is a single page: whoever edits a row that it holds waits as long. */
const BATCH_MAX_MS = 1_000

/** How many events the next batch may have. */
export interface BatchSize {
  readonly rows: number
  /** How many of them may be read and sent at a time. */
  readonly pageRows: number
  /** After a batch of so many events failed. */
  shrink(sent: number): void
  /** After a success. */
  grow(tookMs: number): void
  /** After a refusal of rows: what is behind them may be refused as well, and the less is tried in vain. */
  toOnePage(): void
}

/**
 * A page at first. Becomes half of what failed, which may have been less than it allowed, and grows by an eighth of the full size at
 * each success.
 */
export function createBatchSize(rowsMax: number, pageMax = PAGE_ROWS): BatchSize {
  const rowsMin = Math.min(ROWS_MIN, rowsMax)
  const onePage = Math.min(pageMax, rowsMax)
  let rows = onePage
  return {
    get rows() {
      return rows
    },
    get pageRows() {
      return Math.min(onePage, rows)
    },
    shrink: (sent) => {
      rows = Math.max(rowsMin, Math.min(rows, sent) >> 1)
    },
    grow: (tookMs) => {
      const most = tookMs > BATCH_MAX_MS ? onePage : rowsMax
      rows = Math.min(most, rows + Math.ceil(rowsMax / 8))
    },
    toOnePage: () => {
      rows = Math.min(onePage, rows)
    },
  }
}

/** From where batches are taken, and how long they wait. */
export interface Gatherer {
  readonly outbox: Outbox
  readonly consumer: string
  readonly clock: Clock
  readonly bell: Doorbell
  readonly lingerMs: number
}

/**
 * Waits for the next batch after a number, at most until `untilMs` on the monotonic clock, and only while `wait.may` is true.
 * @returns no events when none came
 */
export async function gather(
  { outbox, consumer, clock, bell, lingerMs }: Gatherer,
  batch: { readonly afterSeq: number; readonly rows: number },
  wait: { readonly untilMs: number; readonly may: () => boolean },
): Promise<readonly StoredEvent[]> {
  // By what the log said with its last answer: asking it anew would mean to wait behind whatever is being stored.
  const waiting = async () => (await outbox.stats()).lastSeq - batch.afterSeq
  const untilThere = async (rows: number, untilMs: number) => {
    for (;;) {
      const leftMs = untilMs - clock.now().monoMs
      if (leftMs <= 0 || !wait.may() || (await waiting()) >= rows) return
      await bell.heard(leftMs)
    }
  }
  await untilThere(1, wait.untilMs)
  if ((await waiting()) <= 0) return []
  await untilThere(batch.rows, clock.now().monoMs + lingerMs)
  return outbox.read(batch.afterSeq, batch.rows, consumer)
}
