/** Tries to reach other tenants' rows in every way that the role has, and expects to fail. */
import { DestinationError } from '../../domain/errors.ts'
import { machineOwner } from '../../domain/owner.ts'
import type { Link } from '../../postgres/link.ts'
import type { Proof } from './proof.ts'
import { MES_RIGHTS, type TableRights } from './rights.ts'
import { type MesSchema, mesSchema } from './schema.ts'
import { type KeptTable, keptTables, proveShape } from './shape-proof.ts'
import { MES_TABLES } from './tables/index.ts'
import { qrCodeScans } from './tables/qr-code-scans.ts'
import { type MesColumn, type MesTable, writtenColumns } from './tables/table.ts'
import { beginText, type Tenant } from './tenant.ts'

/** Rows looked at in a table: one that shows a foreign row is enough, and these tables are large. */
const SAMPLE_ROWS = 1_000
/** An id that no row has, so it is that of no row of this organization. */
const NOBODY = -1
/** Refused by a policy, or by a view. */
const REFUSED: readonly (string | null)[] = ['42501', '44000']
const REMEDY = 'have the DBA run what `millrace central sql` prints'

/**
 * Proofs of how the tables are kept, of reading, of writing, and of ids that name others' machines, orders and people. It works
 * in transactions that are rolled back.
 * @throws DestinationError when the link breaks
 */
export async function proveIsolation(
  link: Link,
  tenant: Tenant,
  schema: string,
  at: string,
): Promise<readonly Proof[]> {
  const own = tenant.organizationId
  // The client may set any tenant that it likes; the server must not care.
  const other = { ...tenant, organizationId: own + 1 }
  const mes = mesSchema(schema, tenant)
  await link.script(beginText(other))
  const tables = await keptTables(link, tenant, schema)
  const shape = await proveShape(link, tenant, schema, tables)
  const readable = await foreignRowsIn(link, mes, tables, own)
  const machine = await anyMachine(link, mes, own)
  const probes = probeRows(tables, machine, at)
  const writable = await taken(link, [
    ...probes.map(({ name, row }) => insertOf(mes, name, { ...row, organization_id: own + 1 }, name)),
    {
      what: 'machines',
      texts: [`UPDATE ${mes.machines} SET updated_at = now() WHERE organization_id = ${own + 1}`],
      values: [[]],
    },
  ])
  await link.script('ROLLBACK')
  await link.script(beginText(tenant))
  const named = await taken(link, foreignReferences(mes, tables, probes, machine, own))
  await link.script('ROLLBACK')
  return [shape, readProof(readable), writeProof(writable), referenceProof(named, tables)]
}

async function foreignRowsIn(
  link: Link,
  mes: MesSchema,
  tables: readonly KeptTable[],
  own: number,
): Promise<readonly string[]> {
  const samples = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM
         (SELECT organization_id FROM ${mes.table(name)} LIMIT ${SAMPLE_ROWS}) AS sample
         WHERE organization_id <> $1)`,
  )
  const { rows } = await link.query<{ name: string }>(samples.join(' UNION ALL '), [own])
  return rows.map(({ name }) => name)
}

async function anyMachine(link: Link, { machines }: MesSchema, own: number): Promise<number> {
  const { rows } = await link.query<{ id: number }>(
    `SELECT id FROM ${machines} WHERE organization_id = $1 ORDER BY id LIMIT 1`,
    [own],
  )
  return rows[0]?.id ?? NOBODY
}

type ProbeRow = Readonly<Record<string, string | number | null>>

/** A row that a table would take, but for whose it is. */
interface Probe {
  readonly name: string
  readonly row: ProbeRow
}

function probeRows(tables: readonly KeptTable[], machine: number, at: string): readonly Probe[] {
  return MES_TABLES.flatMap((table) => {
    const found = tables.find(({ name }) => name === table.name)
    return found ? [{ name: table.name, row: sampleRow(table, found.columns, machine, at) }] : []
  })
}

function sampleRow(table: MesTable, there: readonly string[], machine: number, at: string): ProbeRow {
  const [event] = table.sample({ machine: machineOwner('check'), person: NOBODY }, at)
  const row = event ? table.row(event) : {}
  const idOf = ({ code, required }: MesColumn) => {
    if (code === 'machine') return machine
    return required ? NOBODY : null
  }
  const columns = writtenColumns(table).filter(({ name }) => there.includes(name))
  return Object.fromEntries(
    columns.map((column) => [column.name, column.code ? idOf(column) : (row[column.field] ?? null)]),
  )
}

/** Statements of which the last must be refused, or find nothing. */
interface Attempt {
  /** What is possible if it is not. */
  readonly what: string
  readonly texts: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

function insertOf(mes: MesSchema, table: string, row: ProbeRow, what: string): Attempt {
  const columns = Object.keys(row)
  const text = `INSERT INTO ${mes.table(table)} (${columns.join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`
  return { what, texts: [text], values: [Object.values(row)] }
}

/** By each column that names a row of another table, a statement that names one which is not this organization's. */
function foreignReferences(
  mes: MesSchema,
  tables: readonly KeptTable[],
  probes: readonly Probe[],
  machine: number,
  own: number,
): readonly Attempt[] {
  return MES_RIGHTS.flatMap((rights) => {
    const table = tables.find(({ name }) => name === rights.name)
    const probe = probes.find(({ name }) => name === rights.name)
    if (table?.viewed && isOnlyUpdated(rights)) return []
    const referring = Object.entries(rights.belongs).filter(
      ([column, of]) => table?.columns.includes(column) && tables.some(({ name }) => name === of),
    )
    return referring.map(([column]): Attempt => {
      const what = `${rights.name}.${column}`
      const row = { ...probe?.row, organization_id: own }
      if (rights.insert.includes(column))
        return insertOf(mes, rights.name, { ...row, [column]: NOBODY }, what)
      const change = `UPDATE ${mes.table(rights.name)} SET ${column} = ${NOBODY} WHERE organization_id = $1`
      if (!probe) return { what, texts: [`${change} AND id = $2`], values: [[own, machine]] }
      const [opened] = insertOf(mes, rights.name, row, what).texts
      const time = MES_TABLES.find(({ name }) => name === rights.name)?.columns[1]?.name
      return {
        what,
        texts: [opened ?? '', `${change} AND machine_id = $2 AND ${time} = $3`],
        values: [Object.values(row), [own, machine, probe.row[time ?? ''] ?? null]],
      }
    })
  })
}

/** Its view shows every row of the organization, so it cannot refuse one for an id that stands in it. */
function isOnlyUpdated({ insert, update }: TableRights): boolean {
  return insert.length === 0 && update.length > 0
}

/** What was possible of all this. */
async function taken(link: Link, attempts: readonly Attempt[]): Promise<readonly string[]> {
  const possible: string[] = []
  for (const attempt of attempts) {
    if (!(await isRefused(link, attempt))) possible.push(attempt.what)
  }
  return possible
}

async function isRefused(link: Link, { texts, values }: Attempt): Promise<boolean> {
  await link.script('SAVEPOINT attempt')
  try {
    let touched = 0
    for (const [index, text] of texts.entries())
      touched = (await link.query(text, values[index] ?? [])).rowCount ?? 0
    return touched === 0
  } catch (error) {
    if (!(error instanceof DestinationError) || error.sqlstate === null) throw error
    return REFUSED.includes(error.sqlstate)
  } finally {
    await link.script('ROLLBACK TO SAVEPOINT attempt')
  }
}

function readProof(readable: readonly string[]): Proof {
  const what = "others' rows: reading"
  if (readable.length > 0)
    return { what, proven: false, said: `not kept from ${readable.join(', ')}; ${REMEDY}` }
  return { what, proven: true, said: 'none to be seen, whatever tenant the session sets' }
}

function writeProof(writable: readonly string[]): Proof {
  const what = "others' rows: writing"
  if (writable.length > 0)
    return { what, proven: false, said: `possible in ${writable.join(', ')}; ${REMEDY}` }
  return { what, proven: true, said: 'refused' }
}

/** Only the gateway itself asks whose that row is. */
const REFERENCE = 'reference_id'

function referenceProof(named: readonly string[], tables: readonly KeptTable[]): Proof {
  const what = "others' ids"
  if (named.length > 0) return { what, proven: false, said: `taken in ${named.join(', ')}; ${REMEDY}` }
  const unasked = MES_RIGHTS.filter(
    (rights) => isOnlyUpdated(rights) && tables.some(({ name, viewed }) => viewed && name === rights.name),
  ).flatMap(({ name, belongs }) => Object.keys(belongs).map((column) => `${name}.${column}`))
  const behindView = unasked.map((column) => `${column}, behind a view`)
  const ofAnyTable = tables.some(
    ({ name, columns }) => name === qrCodeScans.name && columns.includes(REFERENCE),
  )
    ? [`${qrCodeScans.name}.${REFERENCE}, which may be the number of a row of any table`]
    : []
  const exceptions = [...behindView, ...ofAnyTable]
  const but = exceptions.length === 0 ? '' : `, except in ${exceptions.join('; and in ')}`
  return {
    what,
    proven: true,
    said: `refused wherever a row names a machine, a work order or a person${but}`,
  }
}
