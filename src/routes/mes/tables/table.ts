/**
 * One table of the MES: which events it is made of, and how a row follows from them. A table is one file in this folder and
 * a line in `index.ts`; writing, finding again, auditing and proving privileges follow from what it says.
 */
import type { Event } from '../../../domain/events/event.ts'
import type { Owner } from '../../../domain/owner.ts'
import type { CellValue, Column } from '../../../postgres/table-writer.ts'

/** A row by the fields of its columns, before codes are looked up. Times are UTC texts with milliseconds. */
export type MesRow = Readonly<Record<string, CellValue>>

/**
 * What a field holds a code of; the column then holds the id that central has for it. Of a person it is the id already, and the
 * column is empty where central knows nobody with it.
 */
export type CodeKind = 'machine' | 'work order' | 'plant' | 'person'

/** A column, and where its value comes from. */
export interface MesColumn extends Column {
  /** The field of {@link MesRow} that it is filled from. */
  readonly field: string
  /**
   * `key`: the row is found again by it; `fixed`: written once, when the row is inserted; `amended`: written again by
   * every amendment.
   */
  readonly part: 'key' | 'fixed' | 'amended'
  readonly code?: CodeKind
  /** Where a site lacks it, or does not let the gateway write it, rows are written without. */
  readonly optional?: boolean
  /** Without an id in it, the row cannot be written. */
  readonly required?: boolean
}

/** A table that the gateway writes. */
export interface MesTable {
  readonly name: string
  /** A site may lack it: its rows go to the quarantine then, and hold nothing up. */
  readonly optional?: boolean
  /** In the order in which their values are written. The key comes first, and its last column is the row's time. */
  readonly columns: readonly MesColumn[]
  /** The kinds of events that open a row, and those that amend one. A row is found again by the event's subject and `at`. */
  readonly opens: readonly string[]
  readonly amends: readonly string[]
  /** The column that has a value once a row is complete; what is appended later leaves it as it is. */
  readonly completedBy: string
  /**
   * The row that an event opens, or what an amendment writes again.
   * @param event of one of the kinds above
   * @param amendment the last one in the same run of events: it says everything that can change
   */
  row(event: Event, amendment?: Event): MesRow
  /** Events that open, and then amend, one row: `central check` writes them and takes them back. */
  sample(about: SampleAbout, at: string): readonly Event[]
}

/** Whom the events of a sample are about. */
export interface SampleAbout {
  readonly machine: Owner
  /** `users.id` */
  readonly person: number
}

type Part = MesColumn['part']

/** A column that holds a field as it is. */
export function column(part: Part, type: Column['type'], name: string, field: string): MesColumn {
  return { part, type, name, field }
}

/** A column that holds the id of what a field has the code of. */
export function idColumn(part: Part, name: string, field: string, code: CodeKind): MesColumn {
  return { ...column(part, 'int', name, field), code }
}

/** The columns by which a machine's row is found again. */
export function machineKey(timeColumn: string): readonly MesColumn[] {
  return [idColumn('key', 'machine_id', 'machine', 'machine'), column('key', 'timestamptz', timeColumn, 'at')]
}

/** Whether its rows are a machine's: they are found by its id, which the MES may give another code. */
export function isMachineTable({ columns: [first] }: MesTable): boolean {
  return first?.code === 'machine'
}

/** The columns that values are written into. */
export function writtenColumns({ columns }: MesTable): readonly MesColumn[] {
  return columns.filter(({ derived }) => derived === undefined)
}

/** The work order that was known; one that central does not know is left out. */
export const WORK_ORDER = idColumn('amended', 'work_order_id', 'workOrder', 'work order')

/** Who did something, where a scan says it. Whom people have named in the MES stays, where none does. */
export function personColumn(name: string, field: string): MesColumn {
  return { ...idColumn('amended', name, field, 'person'), keeps: true, optional: true }
}

/** The columns of these parts, in their order. */
export function columnsOf({ columns }: MesTable, ...parts: readonly Part[]): readonly MesColumn[] {
  return columns.filter(({ part }) => parts.includes(part))
}

/** Whether events of a kind become rows of a table. */
export function takesKind({ opens, amends }: MesTable, kind: string): boolean {
  return opens.includes(kind) || amends.includes(kind)
}

/** The table that an event becomes a row of, if any. */
export function tableOf(tables: readonly MesTable[], event: Event): MesTable | undefined {
  return tables.find((table) => takesKind(table, event.kind))
}
