/** Which machines are shown, and in which order. */
import type { LineTile } from '../../../../src/api/line/shapes.ts'
import type { Status } from '../../../../src/domain/status.ts'
import type { ShownStatus } from '../../parts/status-lamp.tsx'
import { compareCodes } from './tile-state.ts'

export type SortBy = 'machine' | 'place' | 'status' | 'since'

export interface Selection {
  readonly search: string
  /** The beginning of a place, `hall-1/line-2`; empty: all places. */
  readonly place: string
  readonly status: ShownStatus | 'all'
  readonly sortBy: SortBy
}

export const ALL_MACHINES: Selection = { search: '', place: '', status: 'all', sortBy: 'machine' }

/** Those that somebody should see to come first. */
const URGENCY: readonly ShownStatus[] = [
  'down',
  'no-data',
  'unknown',
  'idle',
  'setup',
  'maintenance',
  'available',
  'running',
  'decommissioned',
]

/** What a tile says of its machine's status. */
export function shownStatus({ status, reason }: LineTile): ShownStatus {
  if (status === null) return 'unknown'
  return reason === 'NO_DATA' ? 'no-data' : (status as Status)
}

export function placeOf({ area, line, cell }: LineTile): string {
  return [area, line, cell].filter((part) => part !== null).join('/')
}

/** Every place and what lies around it, in order. */
export function placesOf(tiles: readonly LineTile[]): readonly string[] {
  const places = new Set<string>()
  for (const { area, line, cell } of tiles) {
    const parts = [area, line, cell].filter((part) => part !== null)
    for (const [index] of parts.entries()) places.add(parts.slice(0, index + 1).join('/'))
  }
  return [...places].toSorted(compareCodes)
}

/** How many machines are in each status, the urgent ones first. */
export function statusCounts(tiles: readonly LineTile[]): readonly (readonly [ShownStatus, number])[] {
  const counts = Map.groupBy(tiles, shownStatus)
  return URGENCY.flatMap((status) => {
    const count = counts.get(status)?.length ?? 0
    return count > 0 ? [[status, count] as const] : []
  })
}

export function selected(tiles: readonly LineTile[], selection: Selection): readonly LineTile[] {
  const words = selection.search.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = tiles.filter((tile) => {
    const place = placeOf(tile)
    const isThere =
      selection.place === '' || place === selection.place || place.startsWith(`${selection.place}/`)
    const isSo = selection.status === 'all' || shownStatus(tile) === selection.status
    return isThere && isSo && words.every((word) => textOf(tile, place).includes(word))
  })
  return shown.toSorted((a, b) => compared(a, b, selection.sortBy) || compareCodes(a.machine, b.machine))
}

function textOf({ machine, work_order, reason, shift }: LineTile, place: string): string {
  return [machine, place, work_order, reason, shift].join(' ').toLowerCase()
}

function compared(a: LineTile, b: LineTile, sortBy: SortBy): number {
  switch (sortBy) {
    case 'machine':
      return 0
    case 'place':
      return compareCodes(placeOf(a), placeOf(b))
    case 'status':
      return URGENCY.indexOf(shownStatus(a)) - URGENCY.indexOf(shownStatus(b))
    case 'since':
      return (a.since ?? '~').localeCompare(b.since ?? '~')
  }
}
