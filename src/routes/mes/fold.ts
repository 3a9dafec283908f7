/**
 * Makes of a run of events what central's tables must be told: a row that is opened and amended in the run is inserted
 * once with its last values, and one that was opened before is updated once. Pure; it knows no SQL.
 */
import type {
  DowntimeAmended,
  DowntimeOpened,
  Event,
  StatusAmended,
  StatusOpened,
} from '../../domain/event.ts'

export type StatusRow = Omit<StatusOpened, 'kind'> & Pick<StatusAmended, 'durationMinutes'>
export type StatusAmendment = Omit<StatusAmended, 'kind'>
export type DowntimeRow = Omit<DowntimeAmended, 'kind'>
export type DowntimeAmendment = Omit<DowntimeAmended, 'kind'>

export interface Folded {
  readonly status: FoldedTable<StatusRow, StatusAmendment>
  readonly downtime: FoldedTable<DowntimeRow, DowntimeAmendment>
}

export interface FoldedTable<Row, Amendment> {
  /** To insert, in the order in which they were opened. */
  readonly rows: readonly Row[]
  /** To update, each row at most once. */
  readonly amendments: readonly Amendment[]
}

export function fold(events: readonly Event[]): Folded {
  const status = table<StatusRow, StatusAmendment>()
  const downtime = table<DowntimeRow, DowntimeAmendment>()
  for (const event of events) {
    switch (event.kind) {
      case 'status.opened':
        status.open(keyOf(event.machine, event.changedAt), { ...event, durationMinutes: null })
        break
      case 'status.amended':
        status.amend(keyOf(event.machine, event.changedAt), event)
        break
      case 'downtime.opened':
        downtime.open(keyOf(event.machine, event.startedAt), openDowntime(event))
        break
      case 'downtime.amended':
        downtime.amend(keyOf(event.machine, event.startedAt), event)
    }
  }
  return { status: status.folded(), downtime: downtime.folded() }
}

function openDowntime(event: DowntimeOpened): DowntimeRow {
  return { ...event, endedAt: null, durationMinutes: null }
}

function keyOf(machine: string, at: string): string {
  return `${at} ${machine}`
}

function table<Row extends object, Amendment extends object>() {
  const rows: Row[] = []
  const opened = new Map<string, number>()
  const amendments = new Map<string, Amendment>()
  return {
    open: (key: string, row: Row) => {
      opened.set(key, rows.push(row) - 1)
    },
    amend: (key: string, amendment: Amendment) => {
      const index = opened.get(key)
      if (index === undefined) amendments.set(key, amendment)
      else rows[index] = { ...(rows[index] as Row), ...amendment }
    },
    folded: (): FoldedTable<Row, Amendment> => ({ rows, amendments: [...amendments.values()] }),
  }
}
