/** Standbys, and what waits for them. */
import type { Link } from '../../../../postgres/link.ts'

export interface ReplicationFacts {
  readonly standbys: readonly Standby[]
  readonly slots: readonly Slot[]
}

/** Of one that this role may not look into, only that it is there. */
interface Standby {
  readonly name: string | null
  readonly lagMs: number | null
}

interface Slot {
  readonly name: string
  readonly active: boolean
  /** How much log the server keeps for it; null where it keeps none. */
  readonly keptBytes: number | null
  /** `lost` where the log that it needs is gone. */
  readonly state: string | null
}

/** @throws DestinationError */
export async function askReplication(link: Link): Promise<ReplicationFacts> {
  const { rows: standbys } = await link.query<Standby>(
    `SELECT application_name AS name, extract(epoch FROM replay_lag)::float8 * 1000 AS "lagMs" FROM pg_stat_replication`,
  )
  const { rows: slots } = await link.query<Slot>(
    `SELECT slot_name::text AS name, active, wal_status AS state,
       pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 AS "keptBytes"
     FROM pg_replication_slots WHERE NOT temporary ORDER BY 1`,
  )
  return { standbys, slots }
}
