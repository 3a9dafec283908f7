/** Fields of what is scanned at a station. */
import type { Event } from '../event.ts'
import type { Scan, ScanUndone } from '../scan.ts'
import { commonFields, STATION } from './common.ts'
import { always, field, type ReadableField } from './field.ts'

const SCANNED = always(
  field<Event>(
    'scanned_at',
    'time',
    'when it was scanned; with the station, the name of the scan',
    ({ at }) => at,
  ),
)

/** `scan` */
export const SCAN: readonly ReadableField<Scan>[] = [
  ...commonFields<Scan>('scan', 'when it was scanned', ({ event }) => event.at),
  always(STATION),
  SCANNED,
  field('machine', 'text', 'the code of the machine at which it was scanned', ({ machine }) => machine),
  always(field('data', 'text', 'what was scanned, without prefix and suffix', ({ data }) => data)),
  always(
    field(
      'scan_type',
      'text',
      'what it is: by the rules of the station, or a word of the gateway',
      ({ scanType }) => scanType,
    ),
  ),
  field('aim_id', 'text', 'the AIM identifier of the code, such as ]C1', ({ aimId }) => aimId),
  always(field('operator', 'integer', 'users.id of who scanned it', ({ operator }) => operator)),
  field(
    'work_order',
    'text',
    'the number of the work order for which it was scanned',
    ({ workOrder }) => workOrder,
  ),
  field('location', 'text', 'where the station is', ({ location }) => location),
  field(
    'plant',
    'text',
    'the code of the plant, where the map of the station names one',
    ({ plant }) => plant,
  ),
  field(
    'reference_code',
    'text',
    'the code in it that is looked up in the MES',
    ({ reference }) => reference?.code,
  ),
  field(
    'reference_type',
    'text',
    'the table of the MES in which the gateway knew that code',
    ({ reference }) => reference?.known?.type,
  ),
  field(
    'reference_id',
    'integer',
    'the id that the gateway knew for that code',
    ({ reference }) => reference?.known?.id,
  ),
  always(
    field(
      'fields',
      'group',
      'what stands in the code, by name: fields.LOT is a field of its own',
      ({ fields }) => fields,
    ),
  ),
  always(field('marks', 'list', 'what is remarkable about the code, in single words', ({ marks }) => marks)),
  field('rule', 'text', 'the version of the map whose rule decided', ({ rule }) => rule),
]

/** `scan.undone` */
export const SCAN_UNDONE: readonly ReadableField<ScanUndone>[] = [
  ...commonFields<ScanUndone>('scan.undone', 'when it was taken back', ({ event }) => event.undoneAt),
  always(STATION),
  SCANNED,
  always(field('operator', 'integer', 'users.id of who took it back', ({ operator }) => operator)),
]
