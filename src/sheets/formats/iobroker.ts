/**
 * Registers of ioBroker's Modbus adapter, as its tables are exported: columns parted by tabs, one table for each area of Modbus, whose
 * name the file does not say. Addresses count from 0, or, with the adapter's setting "use aliases", as 40001, 30001, 10001 and 1.
 */
import type { SignalType, WordOrder } from '../../domain/signal.ts'
import { numberOf, type SheetRow, tableWith } from '../cells.ts'
import { type Sheet, SheetDraft, type SheetOptions } from '../sheet.ts'

interface Form {
  readonly type: SignalType
  readonly order?: WordOrder
}

/** `sw`: words swapped; `sb`: bytes swapped; `le`: both. */
const FORMS: Readonly<Record<string, Form>> = {
  '': { type: 'u16' },
  uint16be: { type: 'u16' },
  uint16le: { type: 'u16', order: 'BADC' },
  int16be: { type: 'i16' },
  int16le: { type: 'i16', order: 'BADC' },
  uint8be: { type: 'u8' },
  int8be: { type: 'i8' },
  uint32be: { type: 'u32', order: 'ABCD' },
  uint32le: { type: 'u32', order: 'DCBA' },
  uint32sw: { type: 'u32', order: 'CDAB' },
  uint32sb: { type: 'u32', order: 'BADC' },
  int32be: { type: 'i32', order: 'ABCD' },
  int32le: { type: 'i32', order: 'DCBA' },
  int32sw: { type: 'i32', order: 'CDAB' },
  int32sb: { type: 'i32', order: 'BADC' },
  uint64be: { type: 'u64', order: 'ABCD' },
  uint64le: { type: 'u64', order: 'DCBA' },
  int64be: { type: 'i64', order: 'ABCD' },
  int64le: { type: 'i64', order: 'DCBA' },
  floatbe: { type: 'f32', order: 'ABCD' },
  floatle: { type: 'f32', order: 'DCBA' },
  floatsw: { type: 'f32', order: 'CDAB' },
  floatsb: { type: 'f32', order: 'BADC' },
  doublebe: { type: 'f64', order: 'ABCD' },
  doublele: { type: 'f64', order: 'DCBA' },
  string: { type: 'string' },
}

/** Undefined where the text is no such sheet. */
export function readIoBrokerSheet(text: string, { area }: SheetOptions): Sheet | undefined {
  const table = tableWith(text, ['_address', 'name', 'type', 'len']) ?? tableWith(text, ['_address', 'name'])
  if (!table) return undefined
  const draft = new SheetDraft()
  const isBits = !table.columns.includes('type')
  const needed = area ?? (isBits ? 'DI' : 'HR')
  const bare = table.rows.some((row) => !isAlias(row.cell('_address')))
  if (area === undefined && bare)
    draft.doubt(
      1,
      `the sheet does not say its area: these are taken for ${isBits ? 'discrete inputs' : 'holding registers'}`,
      'say --area HR, IR, DI or CO, after the table of the adapter that was exported',
    )
  for (const row of table.rows) takeRow(draft, row, needed)
  return {
    format: "a table of ioBroker's Modbus adapter",
    driver: 'modbus-tcp',
    device: bare ? { addressing: 'zero_based' } : {},
    signals: draft.signals,
    doubts: draft.doubts,
  }
}

function isAlias(address: string): boolean {
  return /^[134]\d{4}$/.test(address)
}

function takeRow(draft: SheetDraft, row: SheetRow, area: string): void {
  const address = row.cell('_address')
  const name = row.cell('name') || `register_${address}`
  if (!/^\d{1,5}$/.test(address)) {
    draft.leaveOut(row.line, `"${address}" is no address`)
    return
  }
  const form = FORMS[row.cell('type').toLowerCase()]
  if (!form) {
    draft.leaveOut(row.line, `"${name}" is of the type ${row.cell('type')}, which a map does not have`)
    return
  }
  if (row.cell('formula') !== '')
    draft.doubt(
      row.line,
      `"${name}" has the formula ${row.cell('formula')}: its raw value is read`,
      'maps have scale and offset, and no formulas',
    )
  const isBit = area === 'DI' || area === 'CO'
  const at = isAlias(address) ? address : `${area}${address}`
  draft.signal(name, row.line, isBit ? { at, type: 'bit' } : keysOf(row, at, form), row.cell('description'))
}

function keysOf(row: SheetRow, at: string, { type, order }: Form) {
  const factor = numberOf(row.cell('factor')) ?? 1
  const offset = numberOf(row.cell('offset')) ?? 0
  const isText = type === 'string'
  return {
    at: isText ? `${at}/${2 * (numberOf(row.cell('len')) ?? 1)}` : at,
    type,
    word_order: order,
    scale: isText || factor === 1 ? undefined : factor,
    offset: isText || offset === 0 ? undefined : offset,
    unit: row.cell('unit') || undefined,
  }
}
