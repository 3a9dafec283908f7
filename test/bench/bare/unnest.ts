/** The least that bringing status rows into central can cost with `pg`: BEGIN, one INSERT … SELECT FROM unnest, COMMIT. */
import type { Client } from 'pg'

/** A row with its final values. */
export interface StatusRow {
  readonly machine: string
  readonly previousStatus: string | null
  readonly status: string
  readonly reason: string | null
  readonly changedAt: string
  readonly durationMinutes: number
  readonly notes: string
}

const INSERT = `
  INSERT INTO machine_status_history
    (organization_id, machine_id, previous_status, new_status, reason_code, changed_at, duration_minutes, notes)
  SELECT $1::int, machine_id, previous_status, new_status, reason_code, changed_at, duration_minutes, notes
  FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::int[], $8::text[])
    AS row (machine_id, previous_status, new_status, reason_code, changed_at, duration_minutes, notes)`

/** @param client connected as the gateway's role */
export async function insertAll(
  client: Client,
  rows: readonly StatusRow[],
  options: {
    readonly organization: number
    readonly machines: ReadonlyMap<string, number>
    readonly rowsPerBatch: number
  },
): Promise<void> {
  for (let start = 0; start < rows.length; start += options.rowsPerBatch) {
    const batch = rows.slice(start, start + options.rowsPerBatch)
    await client.query('BEGIN')
    await client.query("SELECT set_config('app.current_organization_id', $1, true)", [
      String(options.organization),
    ])
    await client.query(INSERT, [
      options.organization,
      batch.map((row) => options.machines.get(row.machine)),
      batch.map((row) => row.previousStatus),
      batch.map((row) => row.status),
      batch.map((row) => row.reason),
      batch.map((row) => row.changedAt),
      batch.map((row) => row.durationMinutes),
      batch.map((row) => row.notes),
    ])
    await client.query('COMMIT')
  }
}
