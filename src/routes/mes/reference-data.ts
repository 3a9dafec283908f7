/**
 * Reads what people and codes stand for out of central: badges, work orders, materials, shipments, labels, shifts and machines.
 *
 * A connection of its own that only ever reads, in transactions that the server keeps from writing, a page in each, so that
 * whoever takes the pages may take his time. Of people it asks for their number and their employee code, and for nothing else.
 */
import { DestinationError } from '../../domain/errors.ts'
import type {
  ReferenceGap,
  ReferenceKind,
  ReferencePage,
  ReferenceSource,
} from '../../domain/reference-data.ts'
import { readingAnswers } from '../../postgres/guard.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary } from '../../postgres/primary.ts'
import { reading } from '../../postgres/transaction.ts'
import { type AskedCentral, REFERENCE_TABLES, recentText, referenceText } from './reference-sql.ts'
import { primarySettings } from './route.ts'
import { mesSchema } from './schema.ts'
import type { CentralSettings } from './settings.ts'
import { tableAccess } from './table-access.ts'
import { beginText, findTenant } from './tenant.ts'

/** Rows asked for at a time: reading them keeps polls and scans waiting for a few milliseconds. */
const PAGE_ROWS = 1_000
/** Of each kind the newest rows, so many at most: labels are printed for ever, and nobody deletes them. */
const KIND_ROWS_MAX = 200_000
/** Above every id. */
const LAST_ID = '9223372036854775807'
/** What the server says of itself and not of a table: then nothing else can be read either. */
const OF_SERVER = /^(08|28|40|53|57P|58|XX)/

/** A row as it is asked for: the fields of its kind, and its id to go on from. */
type FoundRow = { readonly key: number | string } & Readonly<Record<string, unknown>>

/** An open link, and what can be asked there. */
interface Opened extends AskedCentral {
  readonly link: Link
  /** Begins a transaction that writes nothing. */
  readonly begin: string
  /** Says that of a kind there is more than is read. */
  readonly sayCut: (kind: ReferenceKind) => void
}

/** @param settings the newest 200,000 rows of each kind are read with them; that there are more is said in their log, once */
export function createReferenceSource(settings: CentralSettings): ReferenceSource {
  const cut = new Set<ReferenceKind>()
  const sayCut = (kind: ReferenceKind) => {
    if (cut.has(kind)) return
    cut.add(kind)
    settings.log.warn(
      { event: 'masterdata-cut', table: kind },
      `only the newest ${KIND_ROWS_MAX} rows of ${kind} are known offline`,
    )
  }
  return {
    read: async function* (kinds, signal) {
      const opened = { ...(await open(settings, signal)), sayCut }
      await using _ = opened.link
      for (const kind of kinds) yield* readKind(opened, kind, signal)
    },
  }
}

async function open(settings: CentralSettings, signal: AbortSignal): Promise<Omit<Opened, 'sayCut'>> {
  return onPrimary(primarySettings(settings), signal, async ({ link }) => {
    const tenant = await findTenant(link, settings)
    const schema = mesSchema(settings.schema, tenant)
    // That it does not sort matters here: it would read the whole table for each page rather than once for all of them.
    const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
    const access = await reading(link, begin, () => tableAccess(link, schema, REFERENCE_TABLES))
    return { link, begin, schema, tenant, access, gateway: settings.gateway }
  })
}

async function* readKind(
  opened: Opened,
  kind: ReferenceKind,
  signal: AbortSignal,
): AsyncGenerator<ReferencePage | ReferenceGap> {
  const { peer } = opened.link
  const unread = whyUnread(opened, kind, peer.name)
  if (unread !== undefined) {
    yield { kind, unread, hint: peer.grants }
    return
  }
  try {
    yield* pagesOf(opened, kind, signal)
  } catch (error) {
    if (!(error instanceof DestinationError) || error.sqlstate === null || OF_SERVER.test(error.sqlstate))
      throw error
    yield { kind, unread: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
  }
}

/** Undefined where it can be read, and where the site has no such table and needs none. */
function whyUnread(opened: Opened, kind: ReferenceKind, central: string): string | undefined {
  const { access } = opened
  const isReadable = referenceText(opened, kind) !== undefined
  if (kind !== 'users')
    return isReadable || !access.has(kind)
      ? undefined
      : `${central} lets this role read too little of ${kind} to use it`
  if (!isReadable) return `${central} has no users that this role may read, so no new badge is known`
  // Without it, people of other plants would be let in.
  const isLimited = access.has('user_plant_access')
  if (!isLimited || access.reads('user_plant_access', 'organization_id', 'user_id', 'plant_id'))
    return undefined
  return `${central} does not let this role read organization_id, user_id and plant_id of user_plant_access, which say who may work in this plant`
}

async function* pagesOf(
  { link, begin, sayCut, ...asked }: Opened,
  kind: ReferenceKind,
  signal: AbortSignal,
): AsyncGenerator<ReferencePage> {
  const text = referenceText(asked, kind)
  if (text === undefined) return
  const ask = <Row extends Readonly<Record<string, unknown>>>(question: string, values: readonly unknown[]) =>
    readingAnswers(link.peer, () => reading(link, begin, () => link.query<Row>(question, values)))
  const recent = recentText(asked, kind)
  const [since] = recent === undefined ? [] : (await ask<{ id: number | string }>(recent, [])).rows
  let below: number | string | undefined = LAST_ID
  for (let count = 0; below !== undefined && count < KIND_ROWS_MAX; count += PAGE_ROWS) {
    signal.throwIfAborted()
    const values: readonly unknown[] = [below, PAGE_ROWS, ...(recent === undefined ? [] : [since?.id ?? 0])]
    const { rows } = await ask<FoundRow>(text, values)
    yield { kind, rows: rows.filter(hasNumber).map(({ key: _, ...row }) => row) } as unknown as ReferencePage
    below = rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.key
  }
  if (below !== undefined) sayCut(kind)
}

/** A site may have labels of things that have no number. */
function hasNumber({ id }: FoundRow): boolean {
  return id === undefined || Number.isSafeInteger(Number(id ?? Number.NaN))
}
