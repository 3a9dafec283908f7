/** What a reader of a machine's events makes of them: rows of status and of downtime. */
import type { DowntimeAmended, DowntimeOpened } from '../../src/domain/events/downtime.ts'
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import type { StatusAmended, StatusOpened } from '../../src/domain/events/status.ts'

export type HistoryRow = StatusOpened & Partial<Omit<StatusAmended, 'kind'>>
export type DowntimeRow = DowntimeOpened & Partial<Omit<DowntimeAmended, 'kind'>>

export function historyOf(events: readonly MachineEvent[]): readonly HistoryRow[] {
  return fold(events, 'status') as readonly HistoryRow[]
}

export function downtimesOf(events: readonly MachineEvent[]): readonly DowntimeRow[] {
  return fold(events, 'downtime') as readonly DowntimeRow[]
}

/** Opened, then amended in order. Refuses what makes no sense. */
function fold(events: readonly MachineEvent[], table: 'status' | 'downtime'): readonly object[] {
  const rows = new Map<string, object>()
  for (const event of events) {
    if (!event.kind.startsWith(table)) continue
    const before = rows.get(event.at)
    if (event.kind.endsWith('opened') && before) throw new Error(`opened twice: ${event.at}`)
    if (event.kind.endsWith('amended') && !before)
      throw new Error(`amended before it was opened: ${event.at}`)
    // What an ending says of the status is for readers who do not know the opening.
    const { status: _, ...said } = event as MachineEvent & { readonly status?: unknown }
    const became = 'became' in event && event.became !== undefined ? { status: event.became } : {}
    rows.set(event.at, { ...before, ...(before ? said : event), ...became })
  }
  return [...rows.values()]
}

/** History in short: `+0 idle`, `+60 down mechanical_failure`, seconds from the start. */
export function storyOf(rows: readonly HistoryRow[], startMs: number): readonly string[] {
  return rows.map(({ at, status, reason }) =>
    [`+${(Date.parse(at) - startMs) / 1_000}`, status, reason].filter((part) => part !== null).join(' '),
  )
}

/** Downtimes in short: `+60..+660 mechanical_failure equipment 10 min`. */
export function stopsOf(rows: readonly DowntimeRow[], startMs: number): readonly string[] {
  const offset = (text: string) => `+${(Date.parse(text) - startMs) / 1_000}`
  return rows.map(({ at, reason, category, ended }) =>
    [
      `${offset(at)}..${ended ? offset(ended.at) : ''}`,
      reason ?? 'unassigned',
      category ?? '-',
      ended ? `${ended.minutes} min` : 'open',
    ].join(' '),
  )
}
