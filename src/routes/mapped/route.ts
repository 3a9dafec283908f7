/**
 * The route into a site's own tables, in the MES's database or in another one: each event exactly once, by the same stream as the
 * MES's rows. It never writes outside a transaction, and nothing of its file reaches the server unquoted.
 */
import type { Destination, DestinationSession, Route } from '../../domain/destination.ts'
import { storedKinds } from '../../domain/events/outward.ts'
import type { Consumer, StoredEvent } from '../../domain/outbox.ts'
import { kinship, type Recipient } from '../../domain/recipient.ts'
import { serverOfThePast } from '../../postgres/past.ts'
import { onPrimary, type Primary, type PrimarySettings } from '../../postgres/primary.ts'
import { identifyServer } from '../../postgres/server.ts'
import { createServerWarnings } from '../../postgres/server-warnings.ts'
import type { Riders, RouteContext, RouteKind, Tenancy } from '../route-kind.ts'
import { findBinding } from './database.ts'
import { mappedSchema, wholeMappedSchema } from './forms.ts'
import type { MappedSettings, RowSpec } from './mapped-route.ts'
import { type PlannedRow, planned } from './plan.ts'
import { createRider, type Ridden } from './rider.ts'
import { createSession } from './session.ts'
import { settleMapped, type WrittenMapped } from './settings.ts'
import { openTarget } from './target.ts'

/** Files with `rows:`. */
export const mappedRouteKind: RouteKind<WrittenMapped, MappedSettings> = {
  key: 'rows',
  schema: mappedSchema,
  whole: wholeMappedSchema(),
  settle: settleMapped,
  create: createMappedRoute,
}

/** So much longer a route waits that may ride along: the MES's batch goes first. */
const RIDER_LINGER_MS = 1_000

function createMappedRoute(settings: MappedSettings, consumer: Consumer, context: RouteContext): Route {
  const { organization, gateway } = context
  const riders = settings.to.database === 'central' ? context.central.riders : undefined
  const ridden: Ridden = { at: undefined, pause: { untilMs: 0 } }
  const taken = remembering((event) => planned(settings.rows, event, context))
  const { rows, lingerMs } = settings.batch
  const kinds = storedKinds(settings.rows.flatMap(({ on }) => on))
  return {
    name: consumer.name,
    must: consumer.must,
    recipient: { organization, gateway },
    takes: (kind) => kinds.has(kind),
    wants: (event) => taken(event).length > 0,
    sortOf: (event) => sortOf(settings.rows, taken(event)),
    ridden: () => ridden.at,
    destination: createDestination(settings, consumer.name, context, { riders, ridden }),
    batch: { rows, lingerMs: riders ? lingerMs + RIDER_LINGER_MS : lingerMs },
  }
}

/** The same answer for the same event: a search for refused ones asks again and again. */
function remembering(find: (event: StoredEvent) => readonly PlannedRow[]): typeof find {
  const known = new WeakMap<StoredEvent, readonly PlannedRow[]>()
  return (event) => {
    const found = known.get(event) ?? find(event)
    known.set(event, found)
    return found
  }
}

/** By the items of the file that take an event: each may be about another table. */
function sortOf(rows: readonly RowSpec[], taken: readonly PlannedRow[]): string {
  return `rows:${taken.map(({ spec }) => rows.indexOf(spec)).join('+')}`
}

/** Whether its rows may ride along, and how far they did. */
interface Riding {
  readonly riders: Riders | undefined
  readonly ridden: Ridden
}

function createDestination(
  { to, rows }: MappedSettings,
  name: string,
  context: RouteContext,
  riding: Riding,
): Destination {
  const { central } = context
  const isCentral = to.database === 'central'
  const connection = isCentral ? central.connection : to.connection
  const setup = {
    name,
    rows,
    schema: to.schema ?? central.schema,
    context,
    riding,
    findTenancy: isCentral ? central.findTenancy : findBinding,
  }
  const { log, now } = context
  const primary: PrimarySettings = {
    connection,
    log,
    now,
    warned: createServerWarnings(name, log, () => now().monoMs),
    name,
    grants: 'ask the DBA to run what `millrace central sql --route FILE` prints for its file',
    writes: (table, column) => isWritten(rows, table, column),
  }
  return {
    connect: (signal, last) => onPrimary(primary, signal, (found) => sessionOn(found, setup, last)),
  }
}

/** What is written, where, and for whom. */
interface SessionSetup {
  readonly name: string
  readonly rows: readonly RowSpec[]
  readonly schema: string
  readonly context: RouteContext
  readonly riding: Riding
  readonly findTenancy: (link: Primary['link']) => Promise<Tenancy>
}

async function sessionOn(
  { link, clock }: Primary,
  { name, rows, schema, context, riding, findTenancy }: SessionSetup,
  last: Recipient | undefined,
): Promise<DestinationSession> {
  const { organization, gateway } = context
  const tenancy = await findTenancy(link)
  const { organizationId } = tenancy
  const host = link.peer.where
  const recipient = { organization, organizationId, gateway, ...(await identifyServer(link)), host }
  if (last && kinship(last, recipient) === 'older timeline') throw serverOfThePast(link.peer, recipient, last)
  const target = await openTarget(link, tenancy, { rows, schema, origin: context })
  // Before the first contact only names are known.
  const hasDelivered = (last?.database ?? null) !== null
  const stream = `${gateway}/${name}`
  const sinceMs = context.now().wallMs
  const rider = createRider(target, { stream, sinceMs, ridden: riding.ridden })
  riding.riders?.add(rider)
  const ended = () => riding.riders?.delete(rider)
  return createSession({ target, stream, recipient, clock, hasDelivered, ended })
}

function isWritten(rows: readonly RowSpec[], table: string, column: string): boolean {
  return rows.some(
    ({ does }) =>
      does.kind !== 'call' && does.table.name === table && does.columns.some(({ name }) => name === column),
  )
}
