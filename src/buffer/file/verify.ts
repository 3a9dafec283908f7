/** Proves that the file holds what was written to it: SQLite's own check, and the hash chain. */

import { type DatabaseHandle, usedBytesOf } from '../../sqlite/database.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { chainHash, hashText } from '../chain.ts'
import type { EventLog, Place } from './event-log.ts'

/** SQLite's check reads the whole file; beyond this it would hold up the start (a slow card reads some 20 MB/s). */
const QUICK_CHECK_BYTES_MAX = 128 * 1024 * 1024
/** The small tables are always checked. */
const SMALL_TABLES = ['meta', 'boot', 'state', 'consumer'] as const
/** How much of the chain's end is verified at each start: what a power cut could have touched. */
const TAIL_EVENTS = 2_000

export interface ChainStretch {
  readonly upTo: Place
  readonly done: boolean
  readonly fault: string | null
}

/** Before anything else touches the file. @throws Damage */
export function verifyPages(db: DatabaseHandle): void {
  const scopes = usedBytesOf(db)() <= QUICK_CHECK_BYTES_MAX ? ['1'] : SMALL_TABLES
  for (const scope of scopes) {
    const result = db.pragma(`quick_check(${scope})`, { simple: true })
    if (result !== 'ok') throw new Damage(`SQLite finds it damaged: ${String(result)}`)
  }
}

/** The end of the chain, bounded so that a start is quick. @throws Damage */
export function verifyTail(log: EventLog): void {
  const from = Math.max(log.pruned.seq, log.tail.seq - TAIL_EVENTS)
  let at = placeAt(log, from)
  for (;;) {
    const stretch = verifyStretch(log, at)
    if (stretch.fault) throw new Damage(stretch.fault)
    if (stretch.done) return
    at = stretch.upTo
  }
}

/** The place of an event that is kept, or of the last one removed. @throws Damage when it is not there */
export function placeAt(log: EventLog, seq: number): Place {
  const hash = log.hashAt(seq)
  if (!hash) throw new Damage(`event ${seq} is missing`)
  return { seq, hash: hashText(hash) }
}

/** Verifies one page of events after a place. */
export function verifyStretch(log: EventLog, after: Place): ChainStretch {
  let upTo = after
  for (const row of log.page(after.seq, TAIL_EVENTS)) {
    if (row.seq !== upTo.seq + 1) break
    const hash = chainHash(upTo.hash, row)
    if (hash !== hashText(row.hash)) return broken(upTo, `event ${row.seq} is not what was stored`)
    upTo = { seq: row.seq, hash }
  }
  if (upTo.seq === after.seq && upTo.seq < log.tail.seq)
    return broken(upTo, `event ${upTo.seq + 1} is missing`)
  return { upTo, done: upTo.seq === log.tail.seq, fault: null }
}

function broken(upTo: Place, fault: string): ChainStretch {
  return { upTo, done: true, fault }
}
