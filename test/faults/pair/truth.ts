/** Compares what the machines really did with what central says of them: each change once, at its time, and the time between tiled. */
import { MICRO_STOP } from '../../../src/domain/status.ts'
import { readStatusNotes } from '../../../src/routes/mes/notes.ts'
import type { TestCentral } from '../../support/central.ts'
import type { Change, PlantMachine } from './plant.ts'

/** A poll, the time that a state has to hold, and a computer that is busy. */
const LATE_MAX_MS = 3_000
const DAY_MS = 24 * 3_600_000

interface HistoryRow {
  readonly at: Date
  readonly new_status: string
  readonly reason_code: string | null
  readonly duration_minutes: number | null
  readonly notes: string | null
}

/** Every way in which central differs from the truth, in words. */
export async function truthFindings(
  central: TestCentral,
  machines: readonly PlantMachine[],
): Promise<readonly string[]> {
  const found: string[] = []
  for (const { code, changes } of machines) {
    const rows = await central.sql<HistoryRow>(
      `SELECT changed_at AS at, new_status, reason_code, duration_minutes, notes FROM machine_status_history h
       JOIN machines m ON m.id = h.machine_id AND m.organization_id = h.organization_id
       WHERE m.machine_code = $1 AND m.organization_id = (SELECT id FROM organizations WHERE code = 'SAV')
       ORDER BY changed_at`,
      [code],
    )
    const stops = await central.sql<{ readonly count: number; readonly open: number }>(
      `SELECT count(*)::int AS count, count(*) FILTER (WHERE ended_at IS NULL)::int AS open FROM downtime_events d
       JOIN machines m ON m.id = d.machine_id AND m.organization_id = d.organization_id
       WHERE m.machine_code = $1 AND m.organization_id = (SELECT id FROM organizations WHERE code = 'SAV')`,
      [code],
    )
    const seen = sinceSeen(changes, rows[0])
    const here = [
      ...changeFindings(rows.filter(isChange), seen),
      ...tilingFindings(rows),
      ...stopFindings(stops[0], withoutHalfSeen(seen, rows[0])),
    ]
    found.push(...here.map((what) => `${code}: ${what}`))
  }
  return found
}

/** A row that goes on over midnight is split there, and has changed nothing. */
function isChange({ at, new_status }: HistoryRow, index: number, rows: readonly HistoryRow[]): boolean {
  return at.getTime() % DAY_MS !== 0 || rows[index - 1]?.new_status !== new_status
}

/** What a machine did before the first gateway saw it is nobody's to say; it may have changed between an answer and its receipt. */
function sinceSeen(changes: readonly Change[], first: HistoryRow | undefined): readonly Change[] {
  if (!first) return changes
  return changes.slice(
    Math.max(
      0,
      changes.findLastIndex(({ atMs, status }) => atMs <= first.at.getTime() && status === first.new_status),
    ),
  )
}

/** A stop that was all but over when the first gateway saw it is a micro stop there, and no downtime. */
function withoutHalfSeen(changes: readonly Change[], first: HistoryRow | undefined): readonly Change[] {
  return first?.reason_code === MICRO_STOP ? changes.slice(1) : changes
}

/** Each change is one row of its own; what is left over on either side is a finding. */
function changeFindings(rows: readonly HistoryRow[], changes: readonly Change[]): readonly string[] {
  const [first] = changes
  const extra = [...rows]
  const missing = changes.filter((change) => {
    const isIt = (row: HistoryRow) =>
      row.new_status === change.status &&
      ((change === first && row === rows[0]) || Math.abs(row.at.getTime() - change.atMs) <= LATE_MAX_MS)
    const index = extra.findIndex(isIt)
    if (index !== -1) extra.splice(index, 1)
    return index === -1
  })
  return [
    ...missing.map(
      ({ atMs, status }) => `it was ${status} at ${new Date(atMs).toISOString()}, and no row says so`,
    ),
    ...extra.map(
      ({ at, new_status, reason_code }) =>
        `a row says ${new_status}${reason_code ? ` (${reason_code})` : ''} at ${at.toISOString()}, and it was not`,
    ),
  ]
}

function tilingFindings(rows: readonly HistoryRow[]): readonly string[] {
  return rows.flatMap((row, index) => {
    const next = rows[index + 1]
    if (!next) return row.duration_minutes === null ? [] : [`the last row has ended`]
    const ended = readStatusNotes(row.notes ?? '').ended
    if (row.duration_minutes === null) return [`the row at ${row.at.toISOString()} has no end`]
    const endMs = row.at.getTime() + (ended.durationMs ?? row.duration_minutes * 60_000)
    const offMs = Math.abs(endMs - next.at.getTime())
    return offMs > LATE_MAX_MS
      ? [`the row at ${row.at.toISOString()} ends ${offMs} ms off the next at ${next.at.toISOString()}`]
      : []
  })
}

function stopFindings(
  stops: { readonly count: number; readonly open: number } | undefined,
  changes: readonly Change[],
): readonly string[] {
  const real = changes.filter(({ status }) => status === 'down' || status === 'setup').length
  const last = changes.at(-1)?.status
  const open = last === 'down' || last === 'setup' ? 1 : 0
  if (stops?.count === real && stops.open === open) return []
  return [
    `${stops?.count} downtimes of which ${stops?.open} are open, and there were ${real} of which ${open}`,
  ]
}
