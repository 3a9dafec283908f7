/** Makes events of scans that count. */
import { EVENT_VERSION } from '../../domain/events/event.ts'
import type { Scan, WantedReference } from '../../domain/events/scan.ts'
import { utcText } from '../../domain/instant.ts'
import { stationOwner } from '../../domain/owner.ts'
import type { CodeMark } from '../../domain/scan.ts'
import type { ContextChange, Outcome, Turn } from './outcome.ts'
import type { ScanRefusal } from './refusals.ts'
import { remember } from './repeats.ts'
import type { BegunOrder, Commit, MachineOrder, MovedOrder, TakenScan } from './station-state.ts'

/** A scan as it is to be stored. */
export interface Row {
  readonly scan: TakenScan
  readonly scanType: string
  /** By its number. */
  readonly workOrder: string | null
  /** The scan whose code says what the row refers to: that of a command is its work order. */
  readonly refersTo: TakenScan
  /** What the station knows of it beside what stands in the code. */
  readonly fields?: Readonly<Record<string, string>>
}

/** What follows from storing rows, besides the rows. */
export interface Effects {
  readonly said?: readonly ContextChange[]
  /** All orders of the station as they stand from now on, and how the one that moved stood before. */
  readonly orders?: { readonly all: readonly BegunOrder[]; readonly moved: MovedOrder }
  readonly machineOrder?: MachineOrder
  /** Why it cannot be taken back. */
  readonly final?: ScanRefusal
}

/** Stores the scan of a turn as it is. */
export function storeScan(turn: Turn): Outcome {
  return storeRows(turn, [plainRow(turn)])
}

/** The row of a scan that stands for itself. */
export function plainRow({ scan, machine }: Turn): Row {
  return {
    scan,
    scanType: scan.code.scanType,
    workOrder: machine && !machine.isShadow ? machine.workOrder : null,
    refersTo: scan,
  }
}

/** Stores rows in the order given. */
export function storeRows(turn: Turn, rows: readonly Row[], effects: Effects = {}): Outcome {
  const { state, now, operator, map } = turn
  const events: Scan[] = []
  let { lastStampMs } = state
  for (const row of rows) {
    lastStampMs = stampAfter(lastStampMs, row.scan)
    events.push(eventOf(turn, row, utcText(lastStampMs)))
  }
  const commit: Commit = {
    at: now,
    operator,
    rows: events.map(({ at, data }) => ({ at, data })),
    moved: effects.orders ? [effects.orders.moved] : [],
    machineOrder: effects.machineOrder ?? null,
    final: effects.final ?? null,
  }
  const recent = remember(
    state.recent,
    rows.map(({ scan }) => ({ at: scan.at, data: scan.code.data })),
    map.payload.dedupeMs,
  )
  const orders = effects.orders?.all ?? state.orders
  return {
    verdict: 'good',
    why: null,
    state: { ...state, lastStampMs, commit, recent, orders },
    events,
    said: effects.said ?? [],
  }
}

/** When a scan counts as made: never at or before the one that was stored before it. */
export function stampAfter(lastStampMs: number, scan: TakenScan): number {
  return Math.max(lastStampMs + 1, scan.at.wallMs)
}

/** A machine in shadow is named in nothing that is stored: the scan is one of its station alone. */
function eventOf({ map, operator, machine }: Turn, row: Row, at: string): Scan {
  const { code } = row.scan
  return {
    v: EVENT_VERSION,
    kind: 'scan',
    at,
    subject: stationOwner(map.scanner),
    data: code.data,
    scanType: row.scanType,
    aimId: code.aimId,
    operator,
    location: map.station.location,
    plant: map.station.plant,
    machine: machine?.isShadow ? null : map.station.machine,
    workOrder: row.workOrder,
    reference: referenceOf(row.refersTo),
    fields: { ...code.fields, ...row.fields },
    marks: marksOf(row),
    rule: map.version,
  }
}

/** Which of several things a code stands for is nobody's to guess. */
function marksOf({ scan: { code }, refersTo: { found } }: Row): readonly CodeMark[] {
  return found?.kind === 'many' ? [...new Set([...code.marks, 'ambiguous' as const])] : code.marks
}

function referenceOf({ code, found }: TakenScan): WantedReference | null {
  if (!code.lookup) return null
  const known = found?.kind === 'one' ? { type: found.reference.type, id: found.reference.id } : null
  return { ...code.lookup, known }
}
