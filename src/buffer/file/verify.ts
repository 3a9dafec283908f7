/** Proves that the file holds what was written to it: SQLite's own check, and the hash chain. */
import { type DatabaseHandle, usedBytesOf } from '../../sqlite/database.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { type ChainPosition, chainFault, hashText, missingText, walkChain } from '../chain.ts'
import type { EventLog } from './event-log.ts'
import { positionAt } from './proven-page.ts'
import { isProvenState, isState, type SavedState } from './saved-state.ts'

/**
 * SQLite's check reads the whole file. Of a larger one only the small tables are checked, so that the start is not held up:
 * a slow card reads some 20 MB/s. Events are proven by their hashes when they are read, whatever the file's size.
 */
const QUICK_CHECK_BYTES_MAX = 128 * 1024 * 1024
/** Always checked, with their indexes. */
const SMALL_TABLES = [
  'sqlite_schema',
  'sqlite_sequence',
  'schema_step',
  'meta',
  'boot',
  'state',
  'consumer',
  'left_out',
  'age_mark',
  'loss',
  'recipient',
  'replaced',
] as const
/** How many events at the chain's end are verified at each start: more than a power cut can have touched. */
const TAIL_EVENTS = 2_000

/** What verifying one page of the chain has found. */
interface ChainStretch {
  /** The last event that is what was stored. */
  readonly upTo: ChainPosition
  readonly done: boolean
  readonly fault: string | null
}

/** Before the log in it is read. @throws Damage */
export function verifyPages(db: DatabaseHandle): void {
  const checks = SMALL_TABLES.map((table) => `integrity_check(${table})`)
  if (usedBytesOf(db)() <= QUICK_CHECK_BYTES_MAX) checks.push('quick_check(1)')
  for (const check of checks) {
    const result = db.pragma(check, { simple: true })
    if (result !== 'ok') throw new Damage(`SQLite finds it damaged: ${inOneLine(String(result))}`)
  }
}

/** SQLite begins with a line that names the database, which is always the same one. */
function inOneLine(found: string): string {
  return found.replace(/^\*\*\* in database main \*\*\*\s*/, '').replaceAll(/\s+/g, ' ')
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

/** Every saved state. @throws Damage when one is not what was saved, or is no state */
export function provenStates(log: EventLog): readonly SavedState[] {
  const states = log.states()
  const changed = states.find((state) => !isProvenState(state) || !isState(state.owner, state.payload))
  if (changed) throw new Damage(`the state saved for ${String(changed.owner)} is not what was saved`)
  return states
}

/** Verifies one page of events after a position: as many as {@link EventLog.page} gives at most. */
export function verifyStretch(log: EventLog, after: ChainPosition): ChainStretch {
  let upTo = after
  for (const step of walkChain(after, log.page(after.seq))) {
    const fault = chainFault(step)
    if (fault) return { upTo, done: true, fault }
    upTo = { seq: step.row.seq, hash: hashText(step.row.hash) }
  }
  const isStuck = upTo.seq === after.seq && upTo.seq < log.tail.seq
  if (isStuck) return { upTo, done: true, fault: missingText(upTo.seq + 1, log.tail.seq) }
  return { upTo, done: upTo.seq === log.tail.seq, fault: null }
}
