/** What was scanned at a station. */
import type { LookupPlace, LookupTable } from '../master-data.ts'
import type { CodeMark } from '../scan.ts'
import type { EventKind } from './codec.ts'
import { EVENT_VERSION, type Event } from './event.ts'
import type { Fields } from './fields.ts'

/** A code that is to be found in central. */
export interface WantedReference {
  readonly code: string
  readonly places: readonly LookupPlace[]
  /** As the gateway knew it when it was scanned; null: it did not, and central is asked when the scan lands. */
  readonly known: { readonly type: string; readonly id: number } | null
}

/** A scan that counts. `at` is when it was scanned; of two scans of one station the later one has the later `at`. */
export interface Scan extends Event {
  readonly kind: 'scan'
  readonly data: string
  readonly scanType: string
  readonly aimId: string | null
  /** `users.id` of who scanned it. */
  readonly operator: number
  readonly location: string | null
  /** `plants.code`; null: the gateway's own. */
  readonly plant: string | null
  readonly machine: string | null
  /** The work order that it was scanned for, by its number. */
  readonly workOrder: string | null
  readonly reference: WantedReference | null
  readonly fields: Readonly<Record<string, string>>
  readonly marks: readonly CodeMark[]
  /** Version of the map whose rule decided. */
  readonly rule: string | null
}

/** A scan was taken back by who scanned it. `at` is that of the scan. */
export interface ScanUndone extends Event {
  readonly kind: 'scan.undone'
  readonly undoneAt: string
  readonly operator: number
}

/** What can happen at a station. */
export type StationEvent = Scan | ScanUndone

const scan: EventKind<Scan> = {
  kind: 'scan',
  read: (fields) => ({
    ...fields.head(EVENT_VERSION),
    kind: 'scan',
    data: fields.text('data'),
    scanType: fields.text('scanType'),
    aimId: fields.textOrNull('aimId'),
    operator: fields.number('operator'),
    location: fields.textOrNull('location'),
    plant: fields.textOrNull('plant'),
    machine: fields.textOrNull('machine'),
    workOrder: fields.textOrNull('workOrder'),
    reference: readReference(fields.groupOrNull('reference')),
    fields: fields.textsByName('fields'),
    // One that this version does not know is passed on.
    marks: fields.texts('marks') as readonly CodeMark[],
    rule: fields.textOrNull('rule'),
  }),
}

const scanUndone: EventKind<ScanUndone> = {
  kind: 'scan.undone',
  read: (fields) => ({
    ...fields.head(EVENT_VERSION),
    kind: 'scan.undone',
    undoneAt: fields.text('undoneAt'),
    operator: fields.number('operator'),
  }),
}

/** Each of them, and how it is read. */
export const STATION_EVENT_KINDS = [scan, scanUndone] as const

function readReference(fields: Fields | undefined): WantedReference | null {
  if (!fields) return null
  const known = fields.groupOrNull('known')
  return {
    code: fields.text('code'),
    places: fields.groups('places').map((place) => ({
      table: place.text('table') as LookupTable,
      column: place.text('column'),
    })),
    known: known ? { type: known.text('type'), id: known.number('id') } : null,
  }
}
