/** Removes events that no consumer that must deliver needs any more, oldest first, one chunk for each call. */
import type { DatabaseHandle } from '../../../sqlite/database.ts'
import { type ChainPosition, hashText } from '../../chain.ts'
import type { EventLog } from '../event-log.ts'

/** Small enough that a commit that waits behind one chunk does not notice. */
export const CHUNK_ROWS_MAX = 1_000

interface Candidate {
  readonly seq: number
  readonly hash: Buffer
  readonly captured_at_ms: number
}

/**
 * Removes one chunk of events up to `upToSeq` that were captured before a moment.
 * @returns how many were removed
 */
export function removeOldest(
  db: DatabaseHandle,
  log: EventLog,
  bounds: { readonly upToSeq: number; readonly capturedBeforeMs: number },
): number {
  const before = log.pruned.seq
  const upTo = lastRemovable(db, bounds)
  if (!upTo) return 0
  log.prune(upTo)
  return upTo.seq - before
}

/** Stops at the first event that is too young, so that what is kept has no holes even where the wall clock was set back. */
function lastRemovable(
  db: DatabaseHandle,
  bounds: { readonly upToSeq: number; readonly capturedBeforeMs: number },
): ChainPosition | undefined {
  const candidates = db
    .prepare<[number, number], Candidate>(
      'SELECT seq, hash, captured_at_ms FROM event WHERE seq <= ? ORDER BY seq LIMIT ?',
    )
    .all(bounds.upToSeq, CHUNK_ROWS_MAX)
  const young = candidates.findIndex((event) => event.captured_at_ms >= bounds.capturedBeforeMs)
  const last = young === -1 ? candidates.at(-1) : candidates[young - 1]
  return last && { seq: last.seq, hash: hashText(last.hash) }
}
