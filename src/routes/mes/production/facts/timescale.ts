/** What TimescaleDB does by itself with the tables that the gateway fills. */
import type { Link } from '../../../../postgres/link.ts'

/** A hypertable, and its policies. Null where it has none. */
export interface Hypertable {
  readonly name: string
  readonly compressAfter: string | null
  readonly dropAfter: string | null
  /** Procedures of policies whose last run failed. One that runs counts as failed until it has ended. */
  readonly failed: readonly string[]
  readonly compressedBytes: number
}

/** Undefined where the database has no TimescaleDB. @throws DestinationError */
export async function askHypertables(link: Link, schema: string): Promise<readonly Hypertable[] | undefined> {
  const known = await link.query(`SELECT FROM pg_extension WHERE extname = 'timescaledb'`)
  if (known.rows.length === 0) return undefined
  const { rows } = await link.query<Hypertable>(
    `SELECT h.hypertable_name::text AS name,
       max(j.config ->> 'compress_after') FILTER (WHERE j.proc_name = 'policy_compression') AS "compressAfter",
       max(j.config ->> 'drop_after') FILTER (WHERE j.proc_name = 'policy_retention') AS "dropAfter",
       array_remove(array_agg(DISTINCT CASE WHEN s.last_run_status = 'Failed' AND s.job_status <> 'Running' THEN j.proc_name::text END), NULL) AS failed,
       (SELECT coalesce(sum(pg_total_relation_size(p.oid)), 0)::float8
        FROM _timescaledb_catalog.hypertable t JOIN _timescaledb_catalog.chunk c ON c.hypertable_id = t.compressed_hypertable_id
        JOIN pg_namespace n ON n.nspname = c.schema_name JOIN pg_class p ON p.relnamespace = n.oid AND p.relname = c.table_name
        WHERE t.schema_name = h.hypertable_schema AND t.table_name = h.hypertable_name AND NOT c.dropped) AS "compressedBytes"
     FROM timescaledb_information.hypertables h
     LEFT JOIN timescaledb_information.jobs j
       ON j.hypertable_schema = h.hypertable_schema AND j.hypertable_name = h.hypertable_name
     LEFT JOIN timescaledb_information.job_stats s ON s.job_id = j.job_id
     WHERE h.hypertable_schema = $1::name GROUP BY h.hypertable_schema, h.hypertable_name ORDER BY 1`,
    [schema],
  )
  return rows
}
