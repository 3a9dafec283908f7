/** What the outbox says of itself for `status`: how much waits, and whether anything can be stored. */
import type { Health, Trouble } from '../domain/health.ts'
import type { OutboxStats } from '../domain/outbox.ts'

/** The codes of everything that can be wrong with the outbox. Alerts are named by them. */
export const BUFFER_TROUBLES = {
  /** Nothing can be stored: the disk is full, broken, or busy with one write. Events wait in memory meanwhile. */
  blocked: 'buffer-blocked',
  /** Another program reads the log and does not let go, so that its write-ahead log grows. */
  heldOpen: 'buffer-held-open',
} as const

/** The section of the outbox, and its troubles. */
export function outboxHealth(stats: OutboxStats): Health<OutboxStats> {
  return { summary: stats, troubles: troublesOf(stats) }
}

function troublesOf({ blocked, heldOpenBytes }: OutboxStats): readonly Trouble[] {
  const troubles: Trouble[] = []
  if (blocked !== null) troubles.push({ code: BUFFER_TROUBLES.blocked, what: blocked, sinceMs: null })
  if (heldOpenBytes > 0)
    troubles.push({ code: BUFFER_TROUBLES.heldOpen, ...heldOpenText(heldOpenBytes), sinceMs: null })
  return troubles
}

/** What `status` says while another program keeps the write-ahead log from being emptied, and what to do. */
export function heldOpenText(bytes: number): { readonly what: string; readonly hint: string } {
  const megabytes = Math.ceil(bytes / 1_000_000)
  return {
    what: `another program holds the log open for reading, so that it takes ${megabytes} MB more of the disk than it needs`,
    hint: 'close it, a forgotten sqlite3 for instance: fuser with the path of outbox.db in the data folder names it',
  }
}
