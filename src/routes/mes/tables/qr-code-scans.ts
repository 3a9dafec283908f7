/** `qr_code_scans`: one row for each scan that was stored. */
import type { Event } from '../../../domain/events/event.ts'
import { EVENT_VERSION } from '../../../domain/events/event.ts'
import type { Scan, ScanUndone } from '../../../domain/events/scan.ts'
import { type Owner, ownerCode, stationOwner } from '../../../domain/owner.ts'
import { scanNotes, scannerNote, undoneNote } from '../scan-notes.ts'
import { column, idColumn, type MesColumn, type MesTable } from './table.ts'

/**
 * No column holds the station, so its rows are found again by the first part of their notes: two stations may scan in the same
 * millisecond, of one station the later scan has the later time.
 */
const STATION: MesColumn = {
  ...column('key', 'text', 'station', 'station'),
  derived: (row) => `split_part(${row}.notes, '; ', 1)`,
}

export const qrCodeScans: MesTable = {
  name: 'qr_code_scans',
  optional: true,
  columns: [
    STATION,
    column('key', 'timestamptz', 'scanned_at', 'at'),
    column('fixed', 'text', 'qr_code_data', 'data'),
    column('fixed', 'text', 'scan_type', 'scanType'),
    { ...column('fixed', 'text', 'reference_type', 'referenceType'), optional: true },
    { ...column('fixed', 'int', 'reference_id', 'referenceId'), optional: true },
    { ...idColumn('fixed', 'plant_id', 'plant', 'plant'), optional: true },
    { ...idColumn('fixed', 'scanned_by', 'operator', 'person'), required: true },
    { ...column('fixed', 'text', 'location', 'location'), optional: true },
    { ...column('amended', 'text', 'notes', 'notes'), appends: true },
  ],
  opens: ['scan'],
  amends: ['scan.undone'],
  completedBy: 'scanned_at',
  row: (event, undone = event) =>
    isScan(event)
      ? {
          ...keyOf(event),
          ...scanFields(event),
          notes: scanNotes(event, isScan(undone) ? null : asUndone(undone)),
        }
      : { ...keyOf(event), notes: undoneNote(asUndone(event)) },
  sample: ({ person: operator }, at) => {
    const base = { v: EVENT_VERSION, at, subject: stationOwner('check'), operator }
    const code = { data: 'check', scanType: 'unknown', aimId: null, reference: null, fields: {}, marks: [] }
    const place = { location: null, plant: null, machine: null, workOrder: null }
    const scan: Scan = { ...base, ...code, ...place, kind: 'scan', rule: 'check' }
    const undone: ScanUndone = { ...base, kind: 'scan.undone', undoneAt: at }
    return [scan, undone]
  },
}

/** Whether an event opens a row of this table. */
export function isScan(event: Event): event is Scan {
  return event.kind === 'scan'
}

/** Whether an event amends a row of this table. */
export function isScanUndone(event: Event): event is ScanUndone {
  return event.kind === 'scan.undone'
}

function asUndone(event: Event): ScanUndone {
  return event as ScanUndone
}

function keyOf({ subject, at }: { readonly subject: Owner; readonly at: string }) {
  const scanner = ownerCode(subject)
  return { station: scannerNote(scanner), scanner, at }
}

/** What the gateway did not know is left to central: fields that are absent are not compared with what stands there. */
function scanFields({ data, scanType, operator, location, plant, reference }: Scan) {
  const known = reference?.known
  return {
    data,
    scanType,
    operator,
    location,
    ...(plant === null ? {} : { plant }),
    ...(reference && !known ? {} : { referenceType: known?.type ?? null, referenceId: known?.id ?? null }),
  }
}
