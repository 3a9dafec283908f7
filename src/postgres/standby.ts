/** Where a server confirms a commit only once a standby has it too, and no standby answers, the commit waits for ever. */
import type { Link } from './link.ts'

/** Whether a session of this role is held up in its commit by a standby. The transaction of the link must have ended. */
export async function waitsForStandby(link: Link): Promise<boolean> {
  const { rowCount } = await link.query(
    `SELECT FROM pg_catalog.pg_stat_activity
     WHERE usename OPERATOR(pg_catalog.=) current_user AND wait_event OPERATOR(pg_catalog.=) 'SyncRep'::text LIMIT 1`,
  )
  return rowCount !== null && rowCount > 0
}
