/**
 * Tags of KEPServerEX, as its CSV export has them: a device of Modbus, or one of OPC UA whose addresses are node ids. Columns as its
 * help page "CSV Import and Export" names them.
 *
 * Addresses of Modbus there have 5 or 6 digits, bits behind a point (0 is the lowest), and texts a length with the order of their
 * bytes: `400101`, `400101.12`, `400120.20H`.
 */
import type { SignalType } from '../../domain/signal.ts'
import { numberOf, rounded, type SheetRow, tableWith } from '../cells.ts'
import { type Sheet, SheetDraft, type SheetValue } from '../sheet.ts'

const TYPES: Readonly<Record<string, SignalType>> = {
  boolean: 'bit',
  char: 'i8',
  byte: 'u8',
  short: 'i16',
  word: 'u16',
  long: 'i32',
  dword: 'u32',
  llong: 'i64',
  qword: 'u64',
  float: 'f32',
  double: 'f64',
  bcd: 'bcd16',
  lbcd: 'bcd32',
  string: 'string',
}

const WIDE: readonly SignalType[] = ['i32', 'u32', 'i64', 'u64', 'f32', 'f64', 'bcd32']

/** Undefined where the text is no such sheet. */
export function readKepwareSheet(text: string): Sheet | undefined {
  const table = tableWith(text, ['Tag Name', 'Address', 'Data Type', 'Client Access'])
  if (!table) return undefined
  const isOpcUa = table.rows.some((row) => /^(ns|nsu)=/.test(row.cell('Address')))
  const draft = new SheetDraft()
  for (const row of table.rows) {
    if (isOpcUa) takeNode(draft, row)
    else takeRegister(draft, row)
  }
  const hasWide = draft.signals.some(({ keys }) => WIDE.includes(keys.type as SignalType))
  if (hasWide && !isOpcUa)
    draft.doubt(
      1,
      'the order of words is not in the sheet: CDAB is what KEPServerEX takes unless its device says otherwise',
      'look at "First word low" in the device\'s properties there: enabled is CDAB, disabled ABCD',
    )
  return {
    format: 'the CSV export of KEPServerEX',
    driver: isOpcUa ? 'opcua' : 'modbus-tcp',
    device: hasWide && !isOpcUa ? { word_order: 'CDAB' } : {},
    signals: draft.signals,
    doubts: draft.doubts,
  }
}

function takeNode(draft: SheetDraft, row: SheetRow): void {
  const name = row.cell('Tag Name')
  const scaling = scalingOf(draft, row)
  draft.signal(
    name,
    row.line,
    { node: row.cell('Address'), ...scaling, unit: unitOf(row) },
    row.cell('Description'),
  )
}

function takeRegister(draft: SheetDraft, row: SheetRow): void {
  const name = row.cell('Tag Name')
  const address = addressOf(row.cell('Address'))
  if (!address) {
    draft.leaveOut(
      row.line,
      `"${name}" has the address ${row.cell('Address')}, which is none of Modbus that can be read as one value`,
      'lists, and addresses of other drivers of KEPServerEX, have no place in a map',
    )
    return
  }
  const type = typeOf(row, address)
  if (!type) {
    draft.leaveOut(row.line, `"${name}" is of the type ${row.cell('Data Type')}, which a map does not have`)
    return
  }
  if (address.text === 'swapped')
    draft.doubt(row.line, `"${name}": the low byte of each register comes first`)
  const scaling = type === 'bit' || type === 'string' ? {} : scalingOf(draft, row)
  const keys = {
    at: address.at,
    type,
    ...(address.text && { text: address.text }),
    ...scaling,
    unit: unitOf(row),
  }
  draft.signal(name, row.line, keys, row.cell('Description'))
}

interface Address {
  readonly at: string
  readonly isBit: boolean
  readonly text?: 'plain' | 'swapped'
}

/** A spreadsheet takes leading zeros away: `1` was 000001, a coil; the sheet has no other addresses of fewer than 5 digits. */
function addressOf(written: string): Address | undefined {
  const [, digits = '', bit, chars, order] =
    /^(\d{1,6})(?:\.(?:(\d{1,2})|(\d{1,3})([HL])))?$/i.exec(written.trim()) ?? []
  if (digits === '') return undefined
  const at = digits.padStart(5, '0')
  const isRegister = at.startsWith('3') || at.startsWith('4')
  if (chars !== undefined)
    return { at: `${at}/${chars}`, isBit: false, text: order?.toUpperCase() === 'L' ? 'swapped' : 'plain' }
  if (bit !== undefined) return isRegister ? { at: `${at}:${Number(bit)}`, isBit: true } : undefined
  return { at, isBit: !isRegister }
}

function typeOf(row: SheetRow, { isBit, text }: Address): SignalType | undefined {
  if (isBit) return 'bit'
  if (text) return 'string'
  const type = TYPES[row.cell('Data Type').toLowerCase()]
  return type === 'bit' || type === 'string'
    ? undefined
    : (type ?? (row.cell('Data Type') === '' ? 'u16' : undefined))
}

function unitOf(row: SheetRow): string | undefined {
  const unit = row.cell('Eng Units')
  return unit === '' ? undefined : unit
}

/** Linear: the raw range is laid upon the scaled one. */
function scalingOf(draft: SheetDraft, row: SheetRow): Readonly<Record<string, SheetValue>> {
  const scaling = row.cell('Scaling').toLowerCase()
  if (scaling === '' || scaling === 'none') return {}
  const limits = ['Raw Low', 'Raw High', 'Scaled Low', 'Scaled High'].map((column) =>
    numberOf(row.cell(column)),
  )
  const [rawLow, rawHigh, low, high] = limits
  if (
    scaling !== 'linear' ||
    rawLow === undefined ||
    rawHigh === undefined ||
    low === undefined ||
    high === undefined ||
    rawLow === rawHigh
  ) {
    draft.doubt(
      row.line,
      `"${row.cell('Tag Name')}" is scaled (${row.cell('Scaling')}) in a way that a map cannot say: its raw value is read`,
    )
    return {}
  }
  const scale = (high - low) / (rawHigh - rawLow)
  const sign = row.cell('Negate Value') === '1' ? -1 : 1
  return withoutNothing({ scale: rounded(sign * scale), offset: rounded(sign * (low - rawLow * scale)) })
}

function withoutNothing({ scale, offset }: { readonly scale: number; readonly offset: number }) {
  return { ...(scale !== 1 && { scale }), ...(offset !== 0 && { offset }) }
}
