/** The cells of a table by the names of their columns, and what stands in them, as spreadsheets write it. */
import { type CsvCell, parseCsv } from '../documents/csv.ts'

/** One line of a table. */
export interface SheetRow {
  readonly line: number
  /** The text of a cell; empty where the table has no such column. Case and blanks of a column's name do not count. */
  cell(column: string): string
}

/** A table whose first line names its columns. */
interface SheetTable {
  readonly columns: readonly string[]
  readonly rows: readonly SheetRow[]
}

/** Lines before the one that has all of the wanted columns, such as a title, are passed over. Undefined where none has. */
export function tableWith(text: string, wanted: readonly string[]): SheetTable | undefined {
  const { rows } = parseCsv(text)
  const at = rows.findIndex((cells) => wanted.every((column) => columnAt(cells, column) >= 0))
  const head = rows[at]
  if (!head) return undefined
  // Looked up once: a sheet may have thousands of columns, and each line asks for several.
  const places = new Map(head.map(({ text }, place) => [plain(text), place] as const).toReversed())
  return {
    columns: head.map(({ text }) => plain(text)),
    rows: rows.slice(at + 1).map((cells) => ({
      line: cells[0]?.line ?? 1,
      cell: (column) => cells[places.get(plain(column)) ?? -1]?.text ?? '',
    })),
  }
}

function columnAt(head: readonly CsvCell[], column: string): number {
  return head.findIndex(({ text }) => plain(text) === plain(column))
}

function plain(column: string): string {
  return column
    .toLowerCase()
    .replaceAll(/[\s._]+/g, ' ')
    .trim()
}

/**
 * A number as a spreadsheet of any country writes it: `0.1`, `0,1`, `1.234,5`, `1,234.5`, `1 234,5`. Of a point and a comma
 * the last one parts the decimals; one alone does so, too. Undefined where the text is no number.
 */
export function numberOf(text: string): number | undefined {
  const bare = text.replaceAll(/[\s\u00A0\u202F']/g, '')
  const decimal = Math.max(bare.lastIndexOf(','), bare.lastIndexOf('.'))
  const normal =
    decimal === -1 ? bare : `${bare.slice(0, decimal).replaceAll(/[.,]/g, '')}.${bare.slice(decimal + 1)}`
  return /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(e[+-]?\d+)?$/i.test(normal) ? Number(normal) : undefined
}

/** Without what binary fractions leave behind: 0.1 and not 0.1000000000000000055. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12))
}
