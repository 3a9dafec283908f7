/** A code table as a spreadsheet beside the map: a line a code, its columns named by the first line. */
import { join, relative } from 'node:path'
import { type CsvCell, csvText, parseCsv } from '../../../documents/csv.ts'
import { nearestWord } from '../../../documents/nearest-word.ts'
import type { Path, Place } from '../../../documents/place.ts'
import { shown } from '../../../documents/quantities.ts'
import { FILE_BYTES_MAX, reasonText, type YamlSource } from '../../../documents/yaml-source.ts'
import type { ConfigFault } from '../../../domain/errors.ts'
import { NotReadable, readPlainFile } from '../../../runtime/plain-file.ts'
import type { Drafts } from '../../drafts.ts'
import { NO_FAULT } from '../map-schema.ts'

/** Where tables are found: the folder of the maps, or what was kept with a last good map. */
export interface TableShelf {
  readonly find: (name: string) => TextFile
}

/** A file's text, or why it cannot be read. */
interface TextFile {
  /** As named to the user. */
  readonly file: string
  readonly text: string
  readonly fault?: { readonly message: string; readonly hint?: string }
}

/** The columns: what the PLC shows, and the reason as a map writes it. */
const COLUMNS = ['fault', 'code', 'category', 'priority', 'text'] as const
type Column = (typeof COLUMNS)[number]
const NEEDED: readonly Column[] = ['fault', 'code']
const COLUMNS_HINT = `the first line names the columns: ${COLUMNS.join(';')}`

/** The tables of a folder, read each time that one is asked for. */
export function folderTables(folder: string, cwd: string, drafts?: Drafts): TableShelf {
  return {
    find: (name) => {
      const path = join(folder, name)
      const file = relative(cwd, path) || path
      const draft = drafts?.get(path)
      if (draft !== undefined) return { file, text: draft }
      try {
        return { file, text: textOf(readPlainFile(path, FILE_BYTES_MAX)) }
      } catch (error) {
        const message = `the table ${file} cannot be read: ${reasonText(error)}`
        const hint = error instanceof NotReadable ? error.hint : 'it stands beside the maps'
        return { file, text: '', fault: { message, hint } }
      }
    },
  }
}

/** A spreadsheet under the name of a text would be letters of all kinds, shown to people by the page. */
function textOf(bytes: Uint8Array): string {
  const text = csvText(bytes)
  if (!text.includes('\0')) return text
  throw new NotReadable('it is no text', 'in the spreadsheet, save it as CSV')
}

/** Understands a table as if each line stood under its code in a map: `101: {code: jam}`. */
export function parseReasonTable(text: string, file: string): YamlSource {
  const { rows, unclosed } = parseCsv(text)
  const at = ({ line, column }: Omit<Place, 'file'>): Place => ({ file, line, column })
  const faults: ConfigFault[] = []
  const fault = (cell: Omit<Place, 'file'>, message: string, hint?: string) =>
    faults.push({ ...at(cell), path: '', message, ...(hint === undefined ? {} : { hint }) })
  if (unclosed) fault(unclosed, 'this quote is never closed')
  const [head = [], ...lines] = rows
  const columns = columnsOf(head, lines, fault)
  const codes = new Map<string, ReadLine>()
  for (const cells of columns ? lines : []) {
    const line = readLine(cells, columns ?? new Map())
    const key = line.cells.fault?.text ?? ''
    if (key === '') fault(cells[0] ?? START, 'this line names no fault', 'as in 101, 200-249, A101 or *')
    else if (codes.has(key)) fault(line.start, `the fault "${key}" stands here twice`)
    else codes.set(key, line)
  }
  return { file, text, faults, ...contentOf(codes, at) }
}

const START = { line: 1, column: 1 }

type Note = (cell: Omit<Place, 'file'>, message: string, hint?: string) => void

/** Other columns are nobody's business, unless they look like one of ours. */
function columnsOf(
  head: readonly CsvCell[],
  lines: readonly (readonly CsvCell[])[],
  fault: Note,
): ReadonlyMap<Column, number> | undefined {
  const words = head.map(({ text }) => text.toLowerCase())
  const columns = new Map(COLUMNS.map((column) => [column, words.indexOf(column)] as const))
  const missing = COLUMNS.filter((column) => columns.get(column) === -1)
  const misspelt = head.flatMap((cell) => {
    const meant = COLUMNS.includes(cell.text.toLowerCase() as Column)
      ? undefined
      : nearestWord(cell.text, missing)
    return meant === undefined ? [] : [{ cell, meant }]
  })
  for (const { cell, meant } of misspelt) {
    fault(cell, `unknown column ${shown(cell.text)}`, `did you mean "${meant}"?`)
  }
  const lacking = NEEDED.filter((column) => missing.includes(column))
  if (misspelt.length === 0 && lacking.length > 0) {
    const later = lines.find((cells) =>
      NEEDED.every((column) => cells.some(({ text }) => isNamed(text, column))),
    )
    const hint = later ? `delete the lines above line ${later[0]?.line}: ${COLUMNS_HINT}` : COLUMNS_HINT
    fault(head[0] ?? START, `the column "${lacking[0]}" is missing`, hint)
  }
  return misspelt.length > 0 || lacking.length > 0 ? undefined : columns
}

function isNamed(text: string, column: Column): boolean {
  return text.toLowerCase() === column
}

interface ReadLine {
  readonly start: Omit<Place, 'file'>
  /** Those that are not empty. */
  readonly cells: Partial<Readonly<Record<Column, CsvCell>>>
}

function readLine(cells: readonly CsvCell[], columns: ReadonlyMap<Column, number>): ReadLine {
  const named = [...columns].flatMap(([column, index]) => {
    const cell = cells[index]
    return cell && cell.text !== '' ? [[column, cell] as const] : []
  })
  return { start: cells[0] ?? START, cells: Object.fromEntries(named) }
}

function contentOf(codes: ReadonlyMap<string, ReadLine>, at: (cell: Omit<Place, 'file'>) => Place) {
  const find = ([key, column]: Path): Omit<Place, 'file'> | undefined => {
    const line = codes.get(String(key))
    return column === undefined ? (line?.cells.fault ?? line?.start) : line?.cells[column as Column]
  }
  return {
    value: Object.fromEntries([...codes].map(([key, { cells }]) => [key, valueIn(cells)])),
    has: (path: Path) => path.length <= 2 && (path.length === 0 || find(path) !== undefined),
    place: (path: Path) => at(find(path) ?? find(path.slice(0, 1)) ?? START),
    written: (path: Path) =>
      path.length === 2 ? codes.get(String(path[0]))?.cells[path[1] as Column]?.text : undefined,
  }
}

function valueIn({ fault: _, ...cells }: ReadLine['cells']): unknown {
  if (cells.code?.text === NO_FAULT) return NO_FAULT
  return Object.fromEntries(Object.entries(cells).map(([column, { text }]) => [column, text]))
}
