/** The columns that the gateway writes, in the order of their parameters. `sql/edge-gateway.sql` grants the same. */

export interface Column {
  readonly name: string
  readonly type: 'int' | 'text' | 'timestamptz'
}

const int = (name: string): Column => ({ name, type: 'int' })
const text = (name: string): Column => ({ name, type: 'text' })
const time = (name: string): Column => ({ name, type: 'timestamptz' })

/** By which a row is found again, together with the organization. */
export const STATUS_KEY = [int('machine_id'), time('changed_at')]
/** What an amendment sets. */
export const STATUS_AMENDED = [
  int('duration_minutes'),
  text('reason_code'),
  int('work_order_id'),
  text('notes'),
]
export const STATUS_COLUMNS = [...STATUS_KEY, text('previous_status'), text('new_status'), ...STATUS_AMENDED]

export const DOWNTIME_KEY = [int('machine_id'), time('started_at')]
export const DOWNTIME_AMENDED = [
  time('ended_at'),
  int('duration_minutes'),
  text('downtime_reason_code'),
  text('downtime_category'),
  int('work_order_id'),
  text('notes'),
]
export const DOWNTIME_COLUMNS = [...DOWNTIME_KEY, ...DOWNTIME_AMENDED]

/** By table, with the organization that each row carries. */
export const WRITTEN_COLUMNS: ReadonlyMap<string, readonly string[]> = new Map([
  ['machine_status_history', ['organization_id', ...STATUS_COLUMNS.map(({ name }) => name)]],
  ['downtime_events', ['organization_id', ...DOWNTIME_COLUMNS.map(({ name }) => name)]],
])
