/** What the outbox says of itself for `status`: how much waits, and whether anything can be stored. */
import type { Health, Trouble } from '../domain/health.ts'
import type { OutboxStats } from '../domain/outbox.ts'

/** The codes of everything that can be wrong with the outbox. Alerts are named by them. */
export const BUFFER_TROUBLES = {
  /** Nothing can be stored: the disk is full, broken, or busy with one write. Events wait in memory meanwhile. */
  blocked: 'buffer-blocked',
} as const

/** The section of the outbox, and its troubles. */
export function outboxHealth(stats: OutboxStats): Health<OutboxStats> {
  return { summary: stats, troubles: troublesOf(stats) }
}

function troublesOf({ blocked }: OutboxStats): readonly Trouble[] {
  return blocked === null ? [] : [{ code: BUFFER_TROUBLES.blocked, what: blocked, sinceMs: null }]
}
