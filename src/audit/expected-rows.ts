/**
 * What central should have, row by row, out of the log's events. Pure. It holds only rows that may still change (a few a
 * machine), so that a log of any length needs little memory.
 */

import { timeOf } from '../commands/buffer/quarantine.ts'
import type { Event } from '../domain/event.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import type { RowKey } from '../routes/mes/ledger.ts'

export type Table = 'machine_status_history' | 'downtime_events'

/** A row as the events say it is; without its opening, which retention may have taken, only what amendments say. */
export interface ExpectedRow extends RowKey {
  readonly table: Table
  /** The first event of the row that is kept. */
  readonly seq: number
  readonly fields: Readonly<Record<string, unknown>>
}

/** Names a row in words that are the same here and in central. */
export function rowName({ table, machine, at }: Pick<ExpectedRow, 'table' | keyof RowKey>): string {
  return `${table} ${machine} ${at}`
}

export function tableOf(event: Event): Table {
  return event.kind.startsWith('status') ? 'machine_status_history' : 'downtime_events'
}

export function rowOf({ seq, event }: StoredEvent, before?: ExpectedRow): ExpectedRow {
  const { kind, machine, ...said } = event
  const untold = kind === 'status.opened' ? UNTOLD_STATUS : kind === 'downtime.opened' ? UNTOLD_DOWNTIME : {}
  const fields = { ...untold, ...before?.fields, ...said }
  return { table: tableOf(event), machine, at: timeOf(event), seq: before?.seq ?? seq, fields }
}

const UNTOLD_STATUS = { durationMinutes: null }
const UNTOLD_DOWNTIME = { endedAt: null, durationMinutes: null }

/** @param done is told of each row that no later event is expected to change */
export function createExpectedRows(done: (row: ExpectedRow) => void) {
  const changing = new Map<string, ExpectedRow>()
  /** The newest status row of each machine: the next one ends it, also a marker, which nothing else ends. */
  const newest = new Map<string, string>()
  const finish = (name: string | undefined) => {
    const row = name === undefined ? undefined : changing.get(name)
    if (name === undefined || !row) return
    changing.delete(name)
    done(row)
  }
  return {
    take: (stored: StoredEvent): void => {
      const { event } = stored
      const name = rowName({ table: tableOf(event), machine: event.machine, at: timeOf(event) })
      changing.set(name, rowOf(stored, changing.get(name)))
      if (event.kind === 'status.opened') {
        finish(newest.get(event.machine))
        newest.set(event.machine, name)
      }
      if (isLast(event)) finish(name)
    },
    /** The rows that are still open at the end of the log. */
    end: (): void => {
      for (const name of [...changing.keys()]) finish(name)
    },
  }
}

function isLast(event: Event): boolean {
  return event.kind.endsWith('.amended') && 'durationMinutes' in event && event.durationMinutes !== null
}
