/** A table that becomes a list of cards on a phone: each cell then stands beside the title of its column. */
import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => ComponentChildren
  /** Numbers stand below each other by their last digit. */
  readonly isNumber?: boolean
  /** What the row is about: the head of its card. */
  readonly isHead?: boolean
}

interface TableProps<Row> {
  /** What the table shows, for those who do not see it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string | number
  /** A class for one row, such as that of a chosen one. */
  readonly classOf?: (row: Row) => string | undefined
}

export function Table<Row>({ label, columns, rows, keyOf, classOf }: TableProps<Row>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups fields, and this is what scrolls when it is too wide
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div class="table-frame" role="group" aria-label={label} tabIndex={0}>
      <table class="table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={column.isNumber ? 'number' : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={classOf?.(row)}>
              {columns.map((column) => (
                <td key={column.title} class={cellClass(column)} data-title={column.title}>
                  <div>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function cellClass<Row>({ isNumber, isHead }: Column<Row>): string | undefined {
  const classes = [isNumber && 'number', isHead && 'head'].filter(Boolean)
  return classes.length > 0 ? classes.join(' ') : undefined
}
