/** Writes a device map as a sheet of our own template, for spreadsheets: with a byte order mark, and semicolons between the cells. */
import { OWN_COLUMNS } from './formats/own.ts'

const BYTE_ORDER_MARK = '\uFEFF'

/** What of a map a sheet holds. Values stand as the file has them. */
interface WrittenMap {
  readonly machine: string
  readonly signals: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** A scalar as it was written in the file, before YAML made a number of it: 00001 stays 00001. */
  readonly written: (signal: string, key: string) => string | undefined
}

/** The sheet, and the keys of signals for which it has no column. */
interface WrittenSheet {
  readonly text: string
  readonly leftOut: readonly string[]
}

/** One line a signal, in the order of the map. */
export function sheetText({ machine, signals, written }: WrittenMap): WrittenSheet {
  const leftOut = new Set<string>()
  const lines = Object.entries(signals).map(([signal, keys]) => {
    for (const key of Object.keys(keys)) if (!OWN_COLUMNS.some((column) => column === key)) leftOut.add(key)
    return OWN_COLUMNS.map((column) => {
      if (column === 'machine') return machine
      if (column === 'signal') return signal
      return cellOf(keys[column], written(signal, column))
    })
  })
  const rows = [OWN_COLUMNS, ...lines].map((cells) => cells.map(quoted).join(';'))
  return { text: `${BYTE_ORDER_MARK}${rows.join('\r\n')}\r\n`, leftOut: [...leftOut] }
}

function cellOf(value: unknown, written: string | undefined): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value !== 'object') return written ?? String(value)
  return Object.entries(value)
    .map(([key, name]) => `${key}=${name}`)
    .join(' | ')
}

/** A text that a spreadsheet would take for a formula is quoted and begins with a blank. */
function quoted(cell: string): string {
  const safe = /^[=+@]/.test(cell) ? ` ${cell}` : cell
  return /[";\r\n\t]|^ /.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
