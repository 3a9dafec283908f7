/**
 * Reads what people and codes stand for out of central: badges, work orders, materials, shipments, labels, shifts and machines.
 *
 * A connection of its own that only ever reads, in transactions that the server keeps from writing, a page in each, so that
 * whoever takes the pages may take his time. Of people it asks for their number and their employee code, and for nothing else.
 */
import { DestinationError } from '../../domain/errors.ts'
import type { ReferenceKind, ReferencePage, ReferenceSource } from '../../domain/reference-data.ts'
import { readingAnswers } from '../../postgres/guard.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary } from '../../postgres/primary.ts'
import { reading } from '../../postgres/transaction.ts'
import { type AskedCentral, REFERENCE_TABLES, referenceText } from './reference-sql.ts'
import { primarySettings } from './route.ts'
import { mesSchema } from './schema.ts'
import type { CentralSettings } from './settings.ts'
import { type TableAccess, tableAccess } from './table-access.ts'
import { beginText, findTenant } from './tenant.ts'

/** Rows asked for at a time. */
const PAGE_ROWS = 4_000
/** Of each kind the newest rows, so many at most: labels are printed for ever, and nobody deletes them. */
const KIND_ROWS_MAX = 200_000
/** Above every id. */
const LAST_ID = '9223372036854775807'

/** A row as it is asked for: the fields of its kind, and its id to go on from. */
type FoundRow = { readonly key: number | string } & Readonly<Record<string, unknown>>

/** An open link, and what can be asked there. */
interface Opened extends AskedCentral {
  readonly link: Link
  /** Begins a transaction that writes nothing. */
  readonly begin: string
}

/** @param settings the newest 200,000 rows of each kind are read with them; more are said in their log */
export function createReferenceSource(settings: CentralSettings): ReferenceSource {
  return {
    read: async function* (kinds, signal) {
      const opened = await open(settings, signal)
      await using _ = opened.link
      for (const kind of kinds) yield* pagesOf(opened, kind, settings, signal)
    },
  }
}

async function open(settings: CentralSettings, signal: AbortSignal): Promise<Opened> {
  return onPrimary(primarySettings(settings), signal, async ({ link }) => {
    const tenant = await findTenant(link, settings)
    const schema = mesSchema(settings.schema, tenant)
    const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
    const access = await reading(link, begin, () => tableAccess(link, schema, REFERENCE_TABLES))
    requireAccessReadable(link, access)
    return { link, begin, schema, tenant, access }
  })
}

/** Without it, people of other plants would be let in. */
function requireAccessReadable({ peer }: Link, access: TableAccess): void {
  const columns = ['organization_id', 'user_id', 'plant_id']
  if (!access.has('user_plant_access') || access.reads('user_plant_access', ...columns)) return
  const message = `${peer.name} does not let this role read user_plant_access, which says who may work in this plant`
  throw new DestinationError(`${peer.name}-privilege`, message, { refusal: 'wait', hint: peer.grants })
}

async function* pagesOf(
  opened: Opened,
  kind: ReferenceKind,
  { log }: Pick<CentralSettings, 'log'>,
  signal: AbortSignal,
): AsyncGenerator<ReferencePage> {
  const { link, begin } = opened
  const text = referenceText(opened, kind)
  if (text === undefined) {
    if (opened.access.has(kind))
      log.warn({ table: kind }, `${link.peer.name} lets this role read too little of ${kind} to use it`)
    return
  }
  let below: number | string | undefined = LAST_ID
  for (let count = 0; below !== undefined && count < KIND_ROWS_MAX; count += PAGE_ROWS) {
    signal.throwIfAborted()
    const values: readonly unknown[] = [below, PAGE_ROWS]
    const { rows } = await readingAnswers(link.peer, () =>
      reading(link, begin, () => link.query<FoundRow>(text, values)),
    )
    yield { kind, rows: rows.map(({ key: _, ...row }) => row) } as unknown as ReferencePage
    below = rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.key
  }
  if (below !== undefined)
    log.warn({ table: kind }, `only the newest ${KIND_ROWS_MAX} rows of ${kind} are known offline`)
}
