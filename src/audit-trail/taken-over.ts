/** What versions before kept of the console's changes becomes the beginning of the chained trail, in its order. */
import type { DatabaseHandle } from '../sqlite/database.ts'
import type { TrailChains } from './trail-chain.ts'

interface OldEntry {
  readonly at_ms: number
  readonly is_known: 0 | 1
  readonly who: string | null
  readonly origin: string
  readonly what: string
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Once, in a file that has just been brought up to date. Killed meanwhile, it is done by the next opening. */
export function takeOverEntries(db: DatabaseHandle, chains: TrailChains, atMs: number): void {
  const entries = db.prepare<[], OldEntry>('SELECT * FROM entry ORDER BY id')
  if (chains.head('gateway').seq > 0) return
  let count = 0
  for (const { at_ms, is_known, who, origin, what, method, path, status } of entries.all()) {
    count += 1
    chains.append({
      ...{ atMs: at_ms, chain: is_known === 1 ? 'gateway' : 'strangers', event: 'console-call' },
      ...{ who, origin, what, subject: null, state: null },
      details: JSON.stringify({ method, path, status }),
    })
  }
  db.exec('DELETE FROM entry')
  chains.append({
    ...{ atMs, chain: 'gateway', event: count > 0 ? 'trail-taken-over' : 'trail-begun' },
    ...{ who: null, origin: 'gateway', subject: null, state: null, details: JSON.stringify({ count }) },
    what:
      count > 0
        ? `${count} records of an earlier version were taken over; they are chained from here on, and not before`
        : 'the audit trail begins',
  })
}
