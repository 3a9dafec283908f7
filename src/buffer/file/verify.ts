/** Proves that the file holds what was written to it: SQLite's own check, and the hash chain. */

import { SqliteError } from 'better-sqlite3'
import { type DatabaseHandle, usedBytesOf } from '../../sqlite/database.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { type ChainPosition, chainFault, hashText, missingText, walkChain } from '../chain.ts'
import type { EventLog } from './event-log.ts'
import { isProvenState, isState, type SavedState } from './saved-state.ts'

/**
 * SQLite's check reads the whole file. Of a larger one only the small tables are checked, so that the start is not held up:
 * a slow card reads some 20 MB/s.
 */
const QUICK_CHECK_BYTES_MAX = 128 * 1024 * 1024
/** The small tables are always checked. */
const SMALL_TABLES = ['meta', 'boot', 'state', 'consumer', 'left_out', 'loss', 'recipient'] as const
/** How many events at the chain's end are verified at each start: more than a power cut can have touched. */
const TAIL_EVENTS = 2_000

/** What a look at one page of the chain found. */
interface ChainStretch {
  /** The last event that is what was stored. */
  readonly upTo: ChainPosition
  readonly done: boolean
  readonly fault: string | null
}

/** Before the log in it is read. @throws Damage */
export function verifyPages(db: DatabaseHandle): void {
  const scopes = usedBytesOf(db)() <= QUICK_CHECK_BYTES_MAX ? ['1'] : SMALL_TABLES
  for (const scope of scopes) {
    const result = checked(db, scope)
    if (result !== 'ok') throw new Damage(`SQLite finds it damaged: ${String(result)}`)
  }
}

/** The check also computes what is computed from a payload. One that is no JSON any more ends it with a plain error, not a finding. */
function checked(db: DatabaseHandle, scope: string): unknown {
  try {
    return db.pragma(`quick_check(${scope})`, { simple: true })
  } catch (error) {
    if (error instanceof SqliteError && error.code === 'SQLITE_ERROR') return error.message
    throw error
  }
}

/** The end of the chain, bounded so that a start is quick. @throws Damage */
export function verifyTail(log: EventLog): void {
  const from = Math.max(log.pruned.seq, log.tail.seq - TAIL_EVENTS)
  let at = positionAt(log, from)
  for (;;) {
    const stretch = verifyStretch(log, at)
    if (stretch.fault) throw new Damage(stretch.fault)
    if (stretch.done) return
    at = stretch.upTo
  }
}

/** Every saved state, each proven by its hash. @throws Damage when one is not what was saved */
export function provenStates(log: EventLog): readonly SavedState[] {
  const states = log.states()
  const changed = states.find((state) => !isProvenState(state) || !isState(state.owner, state.payload))
  if (changed) throw new Damage(`the state saved for ${String(changed.owner)} is not what was saved`)
  return states
}

/** The position of an event that is kept, or of the last one removed. @throws Damage when it is not there */
function positionAt(log: EventLog, seq: number): ChainPosition {
  const hash = log.hashAt(seq)
  if (!hash) throw new Damage(`event ${seq} is missing`)
  return { seq, hash: hashText(hash) }
}

/** Verifies one page of events after a position. */
export function verifyStretch(log: EventLog, after: ChainPosition): ChainStretch {
  let upTo = after
  for (const step of walkChain(after, log.page(after.seq, TAIL_EVENTS))) {
    const fault = chainFault(step)
    if (fault) return { upTo, done: true, fault }
    upTo = { seq: step.row.seq, hash: hashText(step.row.hash) }
  }
  const isStuck = upTo.seq === after.seq && upTo.seq < log.tail.seq
  if (isStuck) return { upTo, done: true, fault: missingText(upTo.seq + 1, log.tail.seq) }
  return { upTo, done: upTo.seq === log.tail.seq, fault: null }
}
