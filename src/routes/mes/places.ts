/**
 * Under which id of a machine each row of a batch is written. The MES may rename a machine, or give its code to another one: a row
 * that was written is found again under the id that it was written with, and only what begins from then on goes to the machine
 * that has the code now. `edge_gateway.machine` keeps both; the rows themselves hold no code.
 */
import type { Codes, MachineStretch } from './codes.ts'
import type { FoldedTable } from './fold.ts'
import { statusHistory } from './tables/status-history.ts'
import { isMachineTable, type MesRow, type MesTable } from './tables/table.ts'
import type { MesTarget } from './target.ts'

/** A gateway that wrote nothing for so long begins anew: whoever wrote meanwhile did not write at the same time. */
const PAUSE_HOURS = 25

/** A row of a batch, and whether it is opened or amended. */
export interface RowPlace {
  readonly row: MesRow
  readonly table: MesTable
  readonly isOpening: boolean
}

/** Under which ids the rows of one batch are written. */
export interface Places {
  /** Null where a row must not be written. */
  idOf(place: RowPlace): number | null
  /** Why a row cannot be written, and what to do; undefined where it can. */
  refusalOf(place: RowPlace): string | undefined
  /** Writes down of which machine this gateway began rows, where that is not known yet or was long ago. */
  remember(): Promise<void>
}

interface Known {
  readonly codes: Codes
  /** Whether all rows were written once before: then they go back to where they were. */
  readonly landedBefore: boolean
}

/**
 * Call `begin` of what it returns with the rows that are written, in the order in which they are, before their places are asked for:
 * by those that are opened it is known where those behind them belong.
 */
export function createPlaces(target: MesTarget, { codes, landedBefore }: Known) {
  const begun = new Map<string, MachineStretch[]>()
  const written = new Set<MachineStretch>()
  const stretchesOf = (code: string) => begun.get(code) ?? codes.stretchesOf(code)
  const idOf: Places['idOf'] = ({ row, table, isOpening }) => {
    const code = String(row.machine)
    const stretches = stretchesOf(code)
    const newest = stretches.at(-1)
    const idNow = codes.idOf('machine', code)
    if (!newest) return idNow
    if (!isOpening || landedBefore || String(row.at) <= newest.from) return stretchAt(stretches, row).id
    if (idNow === null) return newest.goesOn ? newest.id : null
    // A stop belongs to the row of status that it is about, which came before it.
    return beginsStretch(table) ? idNow : newest.id
  }
  // Amendments settle nothing: whether their rows are there at all is not known yet.
  const settle = (place: RowPlace) => {
    const code = String(place.row.machine)
    const id = idOf(place)
    if (id === null) return
    const known = stretchesOf(code)
    const found = known.length > 0 ? stretchAt(known, place.row) : undefined
    if (found?.id === id) {
      if (found.isStale) written.add(found)
      return
    }
    const stretch = { code, id, from: String(place.row.at), calledNow: code, goesOn: false, isStale: true }
    begun.set(code, [...known, stretch])
    written.add(stretch)
  }
  return {
    idOf,
    refusalOf: (place: RowPlace) =>
      idOf(place) === null ? unknownText(target, String(place.row.machine), codes) : undefined,
    begin: (folded: readonly FoldedTable[]): void => {
      for (const { table, rows } of folded)
        if (isMachineTable(table)) for (const row of rows) settle({ row, table, isOpening: true })
    },
    remember: () => remember(target, [...written]),
  }
}

/** The rows that one table is to be given, those to insert first. */
export function placesOf({ table, rows, amendments }: FoldedTable): readonly RowPlace[] {
  return [
    ...rows.map((row) => ({ row, table, isOpening: true })),
    ...amendments.map((row) => ({ row, table, isOpening: false })),
  ]
}

function beginsStretch({ name }: MesTable): boolean {
  return name === statusHistory.name
}

/** The last one that begins no later than the row; of a row before all of them, the first. */
function stretchAt(stretches: readonly MachineStretch[], row: MesRow): MachineStretch {
  const time = String(row.at)
  const found = stretches.findLast(({ from }) => from <= time) ?? stretches[0]
  if (!found) throw new Error('a row is only looked for where something is known')
  return found
}

function unknownText({ link }: MesTarget, code: string, codes: Codes): string {
  const { name } = link.peer
  const newest = codes.stretchesOf(code).at(-1)
  if (!newest || newest.calledNow === code)
    return `${name} knows no machine "${code}"; create it in the MES (machines.machine_code), or correct the code in its device map`
  return `${name} knows no machine "${code}" any more: it calls the machine "${newest.calledNow}" now; correct machine: in its device map`
}

async function remember(
  { link, codes, organizationId, gateway }: MesTarget,
  stretches: readonly MachineStretch[],
): Promise<void> {
  if (stretches.length === 0) return
  codes.forget()
  await link.query(
    `INSERT INTO edge_gateway.machine AS known (organization_id, gateway_id, machine_code, rows_from, machine_id)
     SELECT $1::int, $2::text, * FROM unnest($3::text[], $4::timestamptz[], $5::int[])
     ON CONFLICT (organization_id, gateway_id, machine_code, rows_from) DO UPDATE SET last_at = now(),
       first_at = CASE WHEN known.last_at < now() - interval '${PAUSE_HOURS} hours' THEN now() ELSE known.first_at END`,
    [
      organizationId,
      gateway,
      stretches.map(({ code }) => code),
      stretches.map(({ from }) => from),
      stretches.map(({ id }) => id),
    ],
  )
}
