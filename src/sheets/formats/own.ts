/** Our own template: one line a signal, its columns the keys of a signal in a device map. `millrace export` writes it. */
import { numberOf, type SheetRow, tableWith } from '../cells.ts'
import { type Sheet, SheetDraft, type SheetOptions, type SheetValue } from '../sheet.ts'

/** Columns in the order in which the template has them; `signal` and one of `at` and `node` are needed. */
export const OWN_COLUMNS = [
  'machine',
  'signal',
  'from',
  'at',
  'node',
  'type',
  'word_order',
  'bit_order',
  'mask',
  'text',
  'names',
  'scale',
  'offset',
  'unit',
  'expect',
  'running_above',
  'stopped_below',
  'average',
  'invalid',
  'role',
  'stale_after',
  'latch',
  'settle',
  'rollover',
  'max_rate',
  'poll',
  'window',
  'about',
] as const

/** These are written as numbers; a comma may part their decimals. */
const DECIMALS: ReadonlySet<string> = new Set(['scale', 'offset'])
/** These may be whole numbers, also as 0x0F, and may be something else. */
const WHOLE: ReadonlySet<string> = new Set(['mask', 'rollover', 'invalid'])
/** These are numbers, or numbers with a unit behind them. */
const LIMITS: ReadonlySet<string> = new Set(['running_above', 'stopped_below'])
/** They are no keys of a signal. */
const OTHERS: ReadonlySet<string> = new Set(['machine', 'signal', 'about'])

/** Undefined where the text is no such sheet. */
export function readOwnSheet(text: string, { machine: wanted }: SheetOptions): Sheet | undefined {
  const table = tableWith(text, ['signal', 'at']) ?? tableWith(text, ['signal', 'node'])
  if (!table) return undefined
  const draft = new SheetDraft()
  for (const column of table.columns.filter((column) => !isOwn(column)))
    draft.doubt(
      1,
      `the column "${column}" means nothing here, and is passed over`,
      `columns are: ${OWN_COLUMNS.join(', ')}`,
    )
  const machines = new Set(table.rows.map((row) => row.cell('machine')).filter((code) => code !== ''))
  const machine =
    machines.size === 1 || (wanted !== undefined && machines.has(wanted))
      ? (wanted ?? [...machines][0])
      : undefined
  const rows = machines.size > 1 ? table.rows.filter((row) => row.cell('machine') === machine) : table.rows
  if (machines.size > 1 && machine === undefined)
    draft.leaveOut(
      1,
      `the sheet names several machines: ${[...machines].join(', ')}`,
      'a map describes one: say which with --machine CODE',
    )
  for (const row of rows) takeRow(draft, row)
  const isOpcUa = rows.some((row) => row.cell('node') !== '')
  return {
    format: 'our own template',
    driver: isOpcUa ? 'opcua' : 'modbus-tcp',
    ...(machine !== undefined && { machine }),
    device: {},
    signals: draft.signals,
    doubts: draft.doubts,
  }
}

function isOwn(column: string): boolean {
  return OWN_COLUMNS.some((own) => own.replaceAll('_', ' ') === column) || column === ''
}

function takeRow(draft: SheetDraft, row: SheetRow): void {
  const name = row.cell('signal')
  if (name === '') {
    draft.leaveOut(row.line, 'this line names no signal')
    return
  }
  if (row.cell('at') === '' && row.cell('node') === '') {
    draft.leaveOut(row.line, `"${name}" has no address`, 'fill in the column at (Modbus) or node (OPC UA)')
    return
  }
  const keys = OWN_COLUMNS.filter((column) => !OTHERS.has(column)).map((column) => [
    column,
    cellValue(draft, row, column),
  ])
  draft.signal(name, row.line, Object.fromEntries(keys), row.cell('about'))
}

function cellValue(draft: SheetDraft, row: SheetRow, column: string): SheetValue | undefined {
  const text = row.cell(column)
  if (text === '') return undefined
  if (column === 'names') return namesOf(draft, row, text)
  if (WHOLE.has(column) && /^(0x[\da-f]+|\d+)$/i.test(text)) return Number(text)
  if (LIMITS.has(column)) return numberOf(text) ?? text
  if (!DECIMALS.has(column)) return text
  const number = numberOf(text)
  if (number === undefined)
    draft.doubt(row.line, `"${text}" in the column ${column} is no number, and is left out`)
  return number
}

/** `0=off | 1=auto_run`, parted by `|` or `/`. */
function namesOf(
  draft: SheetDraft,
  row: SheetRow,
  text: string,
): Readonly<Record<string, string>> | undefined {
  const pairs = text.split(/\s*[|/]\s*/).map((pair) => /^([^=:]+)[=:](.+)$/.exec(pair.trim()))
  if (pairs.some((pair) => pair === null)) {
    draft.doubt(
      row.line,
      `the names "${text}" cannot be understood, and are left out`,
      'as in 0=off | 1=auto_run',
    )
    return undefined
  }
  return Object.fromEntries(pairs.map((pair) => [pair?.[1]?.trim(), pair?.[2]?.trim()]))
}
