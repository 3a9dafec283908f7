/** Removes events that no consumer that must deliver needs any more, oldest first, one chunk for each call. */
import type { DatabaseHandle } from '../../../sqlite/database.ts'
import { hashText } from '../../chain.ts'
import type { EventLog } from '../event-log.ts'

/** Small enough that a commit that waits behind one chunk does not notice. */
export const CHUNK_ROWS_MAX = 1_000

interface Candidate {
  readonly seq: number
  readonly hash: Buffer
}

/**
 * Removes one chunk of events, up to one at most.
 * @returns how many were removed
 */
export function removeOldest(db: DatabaseHandle, log: EventLog, upToSeq: number): number {
  const before = log.pruned.seq
  const last = db
    .prepare<[number, number], Candidate>(
      `SELECT seq, hash FROM event WHERE seq <= min(?, ?) ORDER BY seq DESC LIMIT 1`,
    )
    .get(upToSeq, before + CHUNK_ROWS_MAX)
  if (!last) return 0
  log.prune({ seq: last.seq, hash: hashText(last.hash) })
  return last.seq - before
}
