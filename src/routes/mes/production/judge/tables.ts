/** Whether the tables that the gateway fills can go on growing. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { ServerSettings } from '../facts/settings.ts'
import type { FreezeFacts, TableFacts } from '../facts/tables.ts'
import type { Hypertable } from '../facts/timescale.ts'

const MEBIBYTE = 1_048_576
const GIBIBYTE = 1_024 * MEBIBYTE
/** Beyond this, removing old rows one by one takes hours, and a vacuum a day. */
const LARGE_BYTES = 20 * GIBIBYTE
const YEARS_AHEAD = 3
const DAYS_A_YEAR = 365

/** What becomes of the rows of one table. @param dayRows rows a day that this organization adds; undefined where nobody knows */
export function judgeRetention(
  table: TableFacts,
  dayRows: number | undefined,
  hypertables: readonly Hypertable[] | undefined,
): Judgement {
  const hypertable = hypertables?.find(({ name }) => name === table.name)
  const { good, advice, bad } = matter(`retention of ${table.name}`)
  const bytes = table.heapBytes + table.indexBytes + (hypertable?.compressedBytes ?? 0)
  const size = `${sizeText(bytes)}, ${growthText(table, dayRows)}`
  if (!hypertable) {
    const isLarge = Math.max(bytes, bytesAhead(table, dayRows)) > LARGE_BYTES
    if (table.isPartitioned) return good(`${size}; ${table.parts} partitions`)
    return isLarge
      ? advice(`${size}; a plain table`, PARTITION)
      : good(`${size}; a plain table will do for years`)
  }
  if (hypertable.failed.length > 0)
    return bad(
      `${size}; the last run of ${hypertable.failed.join(', ')} failed`,
      'SELECT * FROM timescaledb_information.job_errors; (its owner, or a superuser)',
    )
  const { compressAfter, dropAfter } = hypertable
  const policies = `compressed ${compressAfter ? `after ${compressAfter}` : 'never'}, dropped ${dropAfter ? `after ${dropAfter}` : 'never'}`
  const missing = [
    ...(compressAfter ? [] : [`SELECT add_compression_policy('${table.fullName}', INTERVAL '30 days');`]),
    ...(dropAfter
      ? []
      : [
          `SELECT add_retention_policy('${table.fullName}', INTERVAL '3 years'); as long as the plant must keep its history`,
        ]),
  ]
  return missing.length === 0
    ? good(`${size}; ${policies}`)
    : advice(`${size}; ${policies}`, missing.join('\n'))
}

const PARTITION =
  'make it a hypertable, or partition it by month (docs/central.md, "Retention"), so that old months can be dropped in a moment'

function bytesAhead({ heapBytes, indexBytes, liveRows }: TableFacts, dayRows = 0): number {
  if (liveRows < 1) return 0
  return ((heapBytes + indexBytes) / liveRows) * dayRows * DAYS_A_YEAR * YEARS_AHEAD
}

function growthText({ heapBytes, indexBytes, liveRows }: TableFacts, dayRows: number | undefined): string {
  if (dayRows === undefined) return 'growth unknown'
  const rowBytes = liveRows < 1 ? 0 : (heapBytes + indexBytes) / liveRows
  return `about ${Math.round(dayRows).toLocaleString('en')} rows a day of this organization, ${sizeText(rowBytes * dayRows * DAYS_A_YEAR)} a year`
}

function sizeText(bytes: number): string {
  if (bytes >= GIBIBYTE) return `${(bytes / GIBIBYTE).toFixed(1)} GB`
  return `${Math.ceil(bytes / MEBIBYTE)} MB`
}

/** More than this part of a table, and this many rows: autovacuum does not keep up. */
const DEAD_PART_MAX = 0.3
const DEAD_ROWS_MIN = 10_000
const UNANALYZED_ROWS_MIN = 10_000
/** Autovacuum forces itself on a table of this age; one that is much older could not be vacuumed. */
const FREEZE_MARGIN = 1.2

export function judgeVacuum(
  tables: readonly TableFacts[],
  { databaseAge, maxAge }: FreezeFacts,
  settings: ServerSettings,
): Judgement {
  const { good, advice, bad } = matter('autovacuum')
  if (settings.get('autovacuum') !== 'on' || settings.get('track_counts') !== 'on')
    return bad(
      'off: dead rows stay, and in the end the server stops to protect its numbering of transactions',
      `ALTER SYSTEM SET autovacuum = on; ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf();`,
    )
  const off = tables.filter(({ isVacuumOff }) => isVacuumOff)
  if (off.length > 0)
    return bad(
      `off for ${namesOf(off)}`,
      off.map(({ fullName }) => `ALTER TABLE ${fullName} RESET (autovacuum_enabled);`).join('\n'),
    )
  const oldest = Math.max(databaseAge, ...tables.map(({ freezeAge }) => freezeAge))
  if (oldest > maxAge * FREEZE_MARGIN)
    return bad(
      `${Math.round(oldest / 1e6)} million transactions are not frozen (autovacuum_freeze_max_age: ${maxAge / 1e6} million)`,
      'find what holds it back (long transactions, replication slots, prepared transactions), then VACUUM (FREEZE, VERBOSE);',
    )
  const dead = tables.filter(
    ({ deadRows, liveRows }) => deadRows > DEAD_ROWS_MIN && deadRows > liveRows * DEAD_PART_MAX,
  )
  if (dead.length > 0)
    return advice(
      dead
        .map(({ name, deadRows }) => `${name} has ${Math.round(deadRows).toLocaleString('en')} dead rows`)
        .join('; '),
      dead
        .map(
          ({ fullName }) =>
            `VACUUM (ANALYZE) ${fullName};\nALTER TABLE ${fullName} SET (autovacuum_vacuum_scale_factor = 0.05);`,
        )
        .join('\n'),
    )
  const unanalyzed = tables.filter(
    ({ isAnalyzed, changedSinceAnalyze }) => !isAnalyzed && changedSinceAnalyze > UNANALYZED_ROWS_MIN,
  )
  if (unanalyzed.length > 0)
    return advice(
      `never analyzed: ${namesOf(unanalyzed)}`,
      unanalyzed.map(({ fullName }) => `ANALYZE ${fullName};`).join('\n'),
    )
  return good(`on, and keeping up with ${namesOf(tables)}`)
}

function namesOf(tables: readonly TableFacts[]): string {
  return tables.map(({ name }) => name).join(', ')
}

/** Bytes a row as it was measured, without its indexes (docs/central.md, "Sizing"), and how many times as much is suspect. */
const ROW_BYTES: Readonly<Record<string, number>> = {
  machine_status_history: 300,
  downtime_events: 300,
  qr_code_scans: 200,
}
const SUSPECT_TIMES = 4
const BLOAT_BYTES_MIN = 100 * MEBIBYTE

/** A rough estimate: how much room a row takes against how much it needs. */
export function judgeBloat(tables: readonly TableFacts[]): Judgement {
  const { good, advice } = matter('bloat')
  const bloated = tables.filter(
    ({ name, heapBytes, liveRows }) =>
      heapBytes > BLOAT_BYTES_MIN &&
      heapBytes > liveRows * (ROW_BYTES[name] ?? Number.POSITIVE_INFINITY) * SUSPECT_TIMES,
  )
  if (bloated.length === 0) return good('none by a rough estimate')
  return advice(
    bloated
      .map(
        ({ name, heapBytes, liveRows }) =>
          `${name} has ${sizeText(heapBytes)} for ${Math.round(liveRows).toLocaleString('en')} rows`,
      )
      .join('; '),
    [
      'exactly (a superuser): CREATE EXTENSION pgstattuple; SELECT * FROM pgstattuple_approx(…);',
      'and where that is so, pg_repack in a quiet hour, or:',
      ...bloated.map(
        ({ fullName }) =>
          `VACUUM (FULL, ANALYZE) ${fullName}; (it locks the table; gateways buffer meanwhile)`,
      ),
    ].join('\n'),
  )
}
