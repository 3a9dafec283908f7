/** What writing rows needs to know of central. */
import type { Repertoire } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import type { CodeBook } from './codes.ts'
import type { MesSchema } from './schema.ts'
import type { MesTable } from './tables/table.ts'

/** Where rows go on one link: the schema, its tables, and the organization that the link is bound to. */
export interface MesTarget {
  readonly link: Link
  readonly schema: MesSchema
  readonly tables: readonly MesTable[]
  readonly codes: CodeBook
  readonly organizationId: number
  /** The name of this gateway's stream. */
  readonly gateway: string
  /** The characters that the database can hold. */
  readonly repertoire: Repertoire
  /** Whether `machines.status` is kept current. */
  readonly machineStatus: boolean
}
