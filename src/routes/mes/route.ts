/**
 * The route into the central MES: status and downtime of machines, and scans, each event exactly once.
 *
 * It never writes outside a transaction, never relies on `search_path` or on anything kept in a pooled session, never
 * chooses its tenant itself, and never assumes how a commit ended. It does not reconnect: the uploader does.
 */
import type { Destination, DestinationSession, Route } from '../../domain/destination.ts'
import type { EventCodec } from '../../domain/events/codec.ts'
import { eventCodec } from '../../domain/events/index.ts'
import type { Fence } from '../../domain/lease.ts'
import type { Recipient } from '../../domain/recipient.ts'
import { readingAnswers } from '../../postgres/guard.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary, type Primary, type PrimarySettings } from '../../postgres/primary.ts'
import { createServerWarnings } from '../../postgres/server-warnings.ts'
import type { Riders } from '../route-kind.ts'
import { reportWriter } from './gateway-report.ts'
import { recipientOn, refuseThePast } from './recipient.ts'
import { createSession } from './session.ts'
import type { CentralSettings } from './settings.ts'
import { MES_TABLES } from './tables/index.ts'
import { type MesTable, takesKind } from './tables/table.ts'
import { openTarget } from './target.ts'
import { findTenant } from './tenant.ts'

/** The section of `gateway.yaml`, and the name of the cursor in every log that was ever written. */
export const CENTRAL = 'central'

/** What the route is made of besides the settings; tests add tables and kinds of events of their own. */
export interface MesParts {
  readonly tables?: readonly MesTable[]
  readonly codec?: EventCodec
  /** Whose rows come along in the same transactions. */
  readonly riders?: Riders
  /** What a gateway of a pair may write. */
  readonly fence?: Fence | undefined
}

/** The route, with its cursor's name and its delivery class. */
export function createMesRoute(settings: CentralSettings, parts: MesParts = {}): Route {
  const { tables = MES_TABLES } = parts
  return {
    name: CENTRAL,
    must: 'deliver',
    recipient: { organization: settings.organization, gateway: settings.gateway },
    takes: (kind) => tables.some((table) => takesKind(table, kind)),
    destination: createMesDestination(settings, parts),
    batch: settings.batch,
  }
}

/** Central alone, without a cursor: for commands that look at it or retry its quarantine. */
export function createMesDestination(settings: CentralSettings, parts: MesParts = {}): Destination {
  const { tables = MES_TABLES, codec = eventCodec, riders = new Set(), fence } = parts
  const primary = primarySettings(settings, tables)
  return {
    connect: (signal, last) =>
      onPrimary(primary, signal, (found) =>
        sessionOn(found, settings, { tables, codec, riders, fence, last }),
      ),
  }
}

/** How the server is reached, and what messages about its refusals need to know. */
export function primarySettings(
  { connection, log, now }: CentralSettings,
  tables: readonly MesTable[] = MES_TABLES,
): PrimarySettings {
  return {
    connection,
    log,
    now,
    warned: createServerWarnings(CENTRAL, log, () => now().monoMs),
    name: CENTRAL,
    grants: 'ask the DBA to run what `millrace central sql` prints',
    writes: (table, column) =>
      tables.some(
        ({ name, columns }) =>
          name === table && (column === 'organization_id' || columns.some((known) => known.name === column)),
      ),
  }
}

async function sessionOn(
  { link, clock }: Primary,
  settings: CentralSettings,
  { tables, codec, riders, fence, last }: Required<MesParts> & { readonly last: Recipient | undefined },
): Promise<DestinationSession> {
  const tenant = await findTenant(link, settings)
  const recipient = await recipientOn(link, settings, tenant)
  if (last) refuseThePast(link, recipient, last)
  const target = await openTarget(link, tenant, settings, tables)
  const { now } = settings
  const report = reportWriter(target, tenant, settings)
  const parts = { target, tenant, recipient, clock, codec, riders, fence, now, report }
  return readable(createSession(parts), link)
}

/** The same session. An answer that it stumbles over is a refusal like any other, after which it is not used any more. */
function readable(session: DestinationSession, { peer }: Link): DestinationSession {
  return {
    ...session,
    get clockOffsetMs() {
      return session.clockOffsetMs
    },
    head: () => readingAnswers(peer, session.head),
    transaction: (work) => readingAnswers(peer, () => session.transaction(work)),
    holdsAny: (events) => readingAnswers(peer, () => session.holdsAny(events)),
    quarantineSummary: (kinds) => readingAnswers(peer, () => session.quarantineSummary(kinds)),
    report: (report, dueS) => readingAnswers(peer, async () => session.report?.(report, dueS)),
    get troubles() {
      return session.troubles
    },
  }
}
