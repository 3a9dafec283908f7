/** What one code was understood as, in words and numbers for a page. */
import type { LookupResult } from '../../domain/master-data.ts'
import type { CodeMeaning, ScanMessage } from '../../domain/scan.ts'
import type { RawScan } from '../../domain/scanner.ts'
import type { CodeTest, StationMap } from '../../domain/station-map.ts'
import { symbologyOf } from '../../scans/codes/aim.ts'
import { ruleTaking } from '../../scans/understand.ts'
import { printableBytes, printableText } from './printable.ts'
import type { LiveScanShape } from './shapes.ts'

/** A page shows no more of a code; the longest codes hold thousands of characters. */
const TEXT_MAX = 500

/** @param message of a code, never of a badge */
export function understoodAs(
  map: StationMap,
  raw: RawScan,
  { code, found }: Omit<ScanMessage, 'machine'>,
): Partial<LiveScanShape> {
  const { aimId, data, fields, marks, lookup, meaning, scanType } = code
  return {
    raw: short(printableBytes(raw.bytes)),
    data: short(printableText(data)),
    aim_id: aimId,
    symbology: aimId === null ? null : symbologyOf(aimId),
    scan_type: scanType,
    meaning: meaning.kind,
    meaning_value: wordOf(meaning),
    rule: ruleShape(map, raw),
    fields: Object.entries(fields).map(([name, value]) => ({ name, value: short(printableText(value)) })),
    marks: [...marks],
    lookup: lookup && {
      code: short(printableText(lookup.code)),
      places: lookup.places.map(({ table, column }) => `${table}.${column}`),
      found: found?.kind ?? 'unknown',
      what: found ? rowText(found) : null,
    },
  }
}

function wordOf(meaning: CodeMeaning): string | null {
  switch (meaning.kind) {
    case 'command':
      return meaning.command
    case 'work_order':
      return meaning.workOrder
    case 'downtime_reason':
      return meaning.reason
    case 'part':
      return meaning.part
    default:
      return null
  }
}

function ruleShape(map: StationMap, raw: RawScan): LiveScanShape['rule'] {
  const index = ruleTaking(map, raw)
  const rule = index === null ? undefined : map.rules[index]
  return index === null || !rule ? null : { number: index + 1, test: testText(rule.takes) }
}

/** As the map has it, so that it is found there. */
function testText(takes: CodeTest): string {
  switch (takes.kind) {
    case 'all':
      return 'parse: none'
    case 'match':
      return `match: ${takes.pattern.source}`
    case 'gs1':
      return ['parse: gs1', ...takes.need.map((ai) => `(${ai})`)].join(' ')
    case 'iso15434':
      return ['parse: iso15434', ...takes.need].join(' ')
  }
}

function rowText(found: LookupResult): string | null {
  if (found.kind !== 'one') return null
  const { type, id, code, state } = found.reference
  return [`${type} ${id}`, code, state].filter((part) => part !== null).join(', ')
}

function short(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
}
