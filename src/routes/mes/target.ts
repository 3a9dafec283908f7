/** What writing rows needs to know of central. */
import { type Repertoire, repertoireOf } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import { reading } from '../../postgres/transaction.ts'
import { type CodeBook, createCodeBook } from './codes.ts'
import { machineStatement } from './machine-statement.ts'
import { MES_RIGHTS } from './rights.ts'
import { type MesSchema, mesSchema } from './schema.ts'
import type { CentralSettings } from './settings.ts'
import { type TableAccess, tableAccess } from './table-access.ts'
import type { MesTable } from './tables/table.ts'
import { findTables, type TablesHere } from './tables-here.ts'
import { beginText, type Tenant } from './tenant.ts'

/** Where rows go on one link: the schema, its tables, and the organization that the link is bound to. */
export interface MesTarget {
  readonly link: Link
  readonly schema: MesSchema
  readonly tables: TablesHere
  /** What may be done with the MES's tables, as it was when the link was made. */
  readonly access: TableAccess
  readonly codes: CodeBook
  readonly organizationId: number
  /** The gateway's own plant. */
  readonly plantId: number
  /** The name of this gateway's stream. */
  readonly gateway: string
  /** The characters that the database can hold. */
  readonly repertoire: Repertoire
  /** Whether `machines.status` is kept current. */
  readonly machineStatus: boolean
  /** What keeps it current by the rows that were written: a statement with the parameters that `machine-statement.ts` names. */
  readonly machineStatement: string
}

/** Finds out what there is. @throws DestinationError */
export async function openTarget(
  link: Link,
  tenant: Tenant,
  { schema: name, gateway, machineStatus }: Pick<CentralSettings, 'schema' | 'gateway' | 'machineStatus'>,
  tables: readonly MesTable[],
): Promise<MesTarget> {
  const { organizationId, plantId } = tenant
  const schema = mesSchema(name, tenant)
  const repertoire = await repertoireOf(link)
  const { access, here, statement } = await reading(link, beginText(tenant), async () => ({
    access: await tableAccess(
      link,
      schema,
      MES_RIGHTS.map((rights) => rights.name),
    ),
    here: await findTables(link, schema, tables),
    statement: await machineStatement(link, schema, tenant),
  }))
  const codes = createCodeBook(link, schema, { organizationId, gateway, repertoire, access })
  return {
    link,
    schema,
    tables: here,
    access,
    codes,
    organizationId,
    plantId,
    gateway,
    repertoire,
    machineStatus,
    machineStatement: statement,
  }
}
