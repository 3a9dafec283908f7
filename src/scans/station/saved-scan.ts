/** The parts of a saved state that are about scans, each checked field by field. */
import type { Fields } from '../../domain/events/fields.ts'
import { LOOKUP_COLUMNS, type Lookup, type LookupResult, type LookupTable } from '../../domain/master-data.ts'
import { instant } from '../../domain/saved-state.ts'
import type { CodeMark, CodeMeaning, ScannedCode } from '../../domain/scan.ts'
import { SCAN_COMMANDS } from '../../domain/station-map.ts'
import { CATEGORIES, DERIVED_STATUSES } from '../../domain/status.ts'
import type { TakenScan } from './station-state.ts'

const MEANINGS = ['command', 'work_order', 'downtime_reason', 'part', 'reference', 'unknown'] as const
const FOUND = ['one', 'many', 'unknown'] as const
const TABLES = Object.keys(LOOKUP_COLUMNS) as readonly LookupTable[]

/** A scan that waits for more. @throws Unreadable */
export function takenScan(fields: Fields): TakenScan {
  const found = fields.groupOrNull('found')
  return {
    at: instant(fields, 'at'),
    code: scannedCode(fields.group('code')),
    found: found ? foundOf(found) : null,
  }
}

/** The same where there need not be one. @throws Unreadable */
export function scanOrNull(parent: Fields, field: string): TakenScan | null {
  const fields = parent.groupOrNull(field)
  return fields ? takenScan(fields) : null
}

function scannedCode(fields: Fields): ScannedCode {
  const lookup = fields.groupOrNull('lookup')
  return {
    data: fields.text('data'),
    aimId: fields.textOrNull('aimId'),
    scanType: fields.text('scanType'),
    meaning: meaningOf(fields.group('meaning')),
    lookup: lookup ? lookupOf(lookup) : null,
    fields: fields.textsByName('fields'),
    // One that this version does not know is passed on.
    marks: fields.texts('marks') as readonly CodeMark[],
  }
}

function meaningOf(fields: Fields): CodeMeaning {
  const kind = fields.word('kind', MEANINGS)
  switch (kind) {
    case 'command':
      return { kind, command: fields.word('command', SCAN_COMMANDS) }
    case 'work_order':
      return { kind, workOrder: fields.text('workOrder') }
    case 'downtime_reason':
      return {
        kind,
        reason: fields.text('reason'),
        category: fields.wordOrNull('category', CATEGORIES),
        status: fields.wordOrNull('status', DERIVED_STATUSES),
      }
    case 'part':
      return {
        kind,
        part: fields.text('part'),
        collect: fields.texts('collect'),
        withinMs: fields.number('withinMs'),
      }
    case 'reference':
    case 'unknown':
      return { kind }
  }
}

function lookupOf(fields: Fields): Lookup {
  const places = fields.groups('places').map((place) => ({
    table: place.word('table', TABLES),
    column: place.text('column'),
  }))
  return { places, code: fields.text('code') }
}

function foundOf(fields: Fields): LookupResult {
  const kind = fields.word('kind', FOUND)
  if (kind !== 'one') return { kind }
  const reference = fields.group('reference')
  return {
    kind,
    reference: {
      type: reference.text('type'),
      id: reference.number('id'),
      code: reference.textOrNull('code'),
      state: reference.textOrNull('state'),
    },
  }
}
