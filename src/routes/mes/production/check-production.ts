/**
 * Judges whether central is ready for production. It only reads, in transactions that the server keeps from writing, and with no more
 * rights than a gateway has: what the role cannot see is said to be unseen, with who can.
 */
import { DestinationError } from '../../../domain/errors.ts'
import { type Judgement, matter } from '../../../domain/judgement.ts'
import type { Link } from '../../../postgres/link.ts'
import { quotedAsNeeded } from '../../../postgres/names.ts'
import { onPrimary, type Primary } from '../../../postgres/primary.ts'
import { reading } from '../../../postgres/transaction.ts'
import type { CheckedSettings } from '../check.ts'
import { clockProof } from '../clock-proof.ts'
import { MES_RIGHTS } from '../rights.ts'
import { proveRights, proveRole } from '../role-proof.ts'
import { primarySettings } from '../route.ts'
import { mesSchema } from '../schema.ts'
import { MES_TABLES } from '../tables/index.ts'
import { columnsOf, type MesTable } from '../tables/table.ts'
import { beginText, findTenant, type Tenant } from '../tenant.ts'
import { askArchive, askBackupHistory } from './facts/archive.ts'
import { askConnections } from './facts/connections.ts'
import { askDefinerFunctions } from './facts/definer-functions.ts'
import { askHba } from './facts/hba.ts'
import { askIndexes } from './facts/indexes.ts'
import { askOtherLogins } from './facts/other-logins.ts'
import { askReplication } from './facts/replication.ts'
import { askRoleLimits } from './facts/role-limits.ts'
import { askServer, type ServerFacts } from './facts/server.ts'
import { askSessions } from './facts/sessions.ts'
import { askSettings, type ServerSettings } from './facts/settings.ts'
import { askFreeze, askTables, estimateMonth, type TableFacts } from './facts/tables.ts'
import { askHypertables, type Hypertable } from './facts/timescale.ts'
import { askTransport } from './facts/transport.ts'
import { judgeArchiving, judgeBackup } from './judge/backup.ts'
import { judgeConnections } from './judge/connections.ts'
import { judgeDefinerFunctions } from './judge/definer-functions.ts'
import { judgeIndexes } from './judge/indexes.ts'
import { judgeLogging } from './judge/logging.ts'
import { judgeReplication } from './judge/replication.ts'
import { judgeOtherLogins, judgePassword, judgeRights, judgeRole } from './judge/role.ts'
import { judgeRoleLimits } from './judge/role-limits.ts'
import { judgeServer } from './judge/server.ts'
import { judgeSessions } from './judge/sessions.ts'
import { judgeBloat, judgeRetention, judgeVacuum } from './judge/tables.ts'
import { hbaUnseen, judgeHba, judgeTransport } from './judge/transport.ts'
import { neededIndexes } from './needed-indexes.ts'

const DAYS_A_MONTH = 30

/** @param tell is called with each verdict as soon as it is there */
export async function checkProduction(
  settings: CheckedSettings,
  signal: AbortSignal,
  tell: (verdict: Judgement) => void,
): Promise<void> {
  try {
    await onPrimary(primarySettings(settings), signal, async (primary) => {
      await using link = primary.link
      const tenant = await findTenant(link, settings).catch(refusalOf)
      const server = await read(link, () => askServer(link, settings.schema, EVENT_TIMES))
      const known = await read(link, () => askSettings(link))
      const site: Site = {
        ...{ link, primary, settings, signal, server, known },
        tenant: 'hint' in tenant ? undefined : tenant,
        nowMs: settings.now().wallMs,
      }
      tell(matter('connection').good(`${link.peer.where}, a primary that takes writes`))
      if ('hint' in tenant) tell(refused('organization', tenant))
      for (const group of GROUPS) for (const verdict of await group(site)) tell(verdict)
    })
  } catch (error) {
    tell(refused('connection', refusalOf(error)))
  }
}

const EVENT_TIMES = MES_TABLES.map((table) => `${table.name}.${timeColumn(table)}`)

function timeColumn(table: MesTable): string {
  return columnsOf(table, 'key').at(-1)?.name ?? ''
}

/** What the groups of questions share. */
interface Site {
  readonly link: Link
  readonly primary: Primary
  readonly settings: CheckedSettings
  readonly signal: AbortSignal
  /** Undefined where the role is bound to no organization. */
  readonly tenant: Tenant | undefined
  readonly server: ServerFacts
  readonly known: ServerSettings
  readonly nowMs: number
}

const GROUPS: readonly ((site: Site) => Promise<readonly Judgement[]>)[] = [
  transport,
  role,
  connections,
  server,
  backup,
  replication,
  logging,
  tables,
  indexes,
  sessions,
]

async function transport({ link, settings, signal, known, nowMs }: Site): Promise<readonly Judgement[]> {
  const { connection } = settings
  const host = connection.hosts.find((one) => `${one.host}:${one.port}` === link.peer.where)
  if (!host) throw new Error(`${link.peer.where} is none of the configured hosts`)
  const verdicts = await attempt('TLS', async () =>
    judgeTransport(await read(link, () => askTransport(link, connection, host, signal)), known, nowMs),
  )
  const hba = await ask(link, () => askHba(link))
  return [...verdicts, hba instanceof DestinationError ? hbaUnseen() : judgeHba(hba)]
}

async function role({ link, settings, tenant }: Site): Promise<readonly Judgement[]> {
  const name = settings.connection.user
  const quoted = quotedAsNeeded(name)
  return [
    ...(await attempt('role', async () => [judgeRole(await proveRole(link), quoted)])),
    ...(tenant
      ? await attempt('rights', async () => [
          judgeRights(
            await proveRights(link, tenant, { schema: settings.schema, role: name, routes: settings.routes }),
          ),
        ])
      : []),
    ...(await attempt('other logins', async () => [
      judgeOtherLogins(await read(link, () => askOtherLogins(link))),
    ])),
    ...(await attempt('functions with other rights', async () => [
      judgeDefinerFunctions(await read(link, () => askDefinerFunctions(link))),
    ])),
    ...(await attempt('limits of the role', async () => [
      judgeRoleLimits(await read(link, () => askRoleLimits(link))),
    ])),
  ]
}

function connections({ link, settings, tenant, nowMs }: Site): Promise<readonly Judgement[]> {
  return attempt('connections', async () => {
    const found = await read(link, () => askConnections(link), tenant)
    return [...judgePassword(found, nowMs), ...judgeConnections(found, settings.routeCount)]
  })
}

async function server(site: Site): Promise<readonly Judgement[]> {
  const { good, bad } = matter('clock')
  const clock = await clockProof(site.primary)
  return [
    ...judgeServer(site.server, site.known, site.nowMs),
    clock.proven ? good(clock.said) : bad(clock.said, 'chrony or systemd-timesyncd on both sides'),
  ]
}

function backup({ link, server: { version }, known, nowMs }: Site): Promise<readonly Judgement[]> {
  return attempt('WAL archiving', async () => {
    const archive = await read(link, () => askArchive(link, version))
    const last = await ask(link, () => askBackupHistory(link))
    const lastMs = last instanceof DestinationError ? undefined : last
    return [judgeArchiving(archive, known, nowMs), judgeBackup(archive, lastMs, known, nowMs)]
  })
}

function replication({ link, known }: Site): Promise<readonly Judgement[]> {
  return attempt('standbys', async () =>
    judgeReplication(await read(link, () => askReplication(link)), known),
  )
}

async function logging({ settings, server: { database }, known }: Site): Promise<readonly Judgement[]> {
  return [
    judgeLogging(known, {
      role: quotedAsNeeded(settings.connection.user),
      database: quotedAsNeeded(database),
    }),
  ]
}

function tables(site: Site): Promise<readonly Judgement[]> {
  const { link, settings, known } = site
  return attempt('tables', async () => {
    const names = MES_TABLES.map(({ name }) => name)
    const found = await read(link, () => askTables(link, settings.schema, names))
    const freeze = await read(link, () => askFreeze(link))
    const hypertables = await read(link, () => askHypertables(link, settings.schema))
    const retention: Judgement[] = []
    for (const table of found) retention.push(judgeRetention(table, await dayRows(site, table), hypertables))
    return [...retention, judgeVacuum(found, freeze, known), judgeBloat(found)]
  })
}

async function dayRows({ link, settings, tenant }: Site, { name }: TableFacts): Promise<number | undefined> {
  const table = MES_TABLES.find((one) => one.name === name)
  if (!tenant || !table) return undefined
  const month = await ask(
    link,
    () => estimateMonth(link, mesSchema(settings.schema, tenant).table(name), timeColumn(table)),
    tenant,
  )
  return month instanceof DestinationError ? undefined : month / DAYS_A_MONTH
}

function indexes({ link, settings }: Site): Promise<readonly Judgement[]> {
  return attempt('indexes', async () => {
    const names = MES_RIGHTS.map(({ name }) => name)
    const found = await read(link, () => askTables(link, settings.schema, names))
    const hypertables = (await read(link, () => askHypertables(link, settings.schema))) ?? []
    const all = await read(link, () => askIndexes(link, settings.schema, names))
    return judgeIndexes(
      found.map((table) => ({ ...table, kind: kindOf(table, hypertables) })),
      all,
      neededIndexes(),
    )
  })
}

function kindOf({ name, isPartitioned }: TableFacts, hypertables: readonly Hypertable[]) {
  if (hypertables.some((one) => one.name === name)) return 'hypertable'
  return isPartitioned ? 'partitioned' : 'plain'
}

function sessions({ link, settings, server: { version } }: Site): Promise<readonly Judgement[]> {
  const own = ['stream', 'quarantine', 'incident', 'machine'].map((name) => `edge_gateway.${name}`)
  const { table } = mesSchema(settings.schema, { organizationId: 0, views: [] })
  const names = [...own, ...MES_TABLES.map(({ name }) => table(name)), table('machines')]
  return attempt('locks', async () =>
    judgeSessions(await read(link, () => askSessions(link, names, version))),
  )
}

/** Each question is asked in a transaction of its own: one that is refused must not end the others'. */
function read<T>(link: Link, question: () => Promise<T>, tenant?: Tenant): Promise<T> {
  return reading(link, `${beginText(tenant)} SET TRANSACTION READ ONLY`, question)
}

/** The answer, or what the server says against the question. @throws DestinationError when the link breaks */
async function ask<T>(
  link: Link,
  question: () => Promise<T>,
  tenant?: Tenant,
): Promise<T | DestinationError> {
  return read(link, question, tenant).catch((error: unknown) => {
    const refusal = refusalOf(error)
    if (refusal.sqlstate === null) throw refusal
    return refusal
  })
}

/** A server that keeps an answer to itself (a provider's, say) leaves one matter unseen, and no more. */
async function attempt(
  what: string,
  verdicts: () => Promise<readonly Judgement[]>,
): Promise<readonly Judgement[]> {
  try {
    return await verdicts()
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal.sqlstate === null) throw refusal
    return [matter(what).unseen(refusal.message, 'a superuser, or whoever runs this server for you')]
  }
}

function refusalOf(error: unknown): DestinationError {
  if (error instanceof DestinationError) return error
  throw error
}

function refused(what: string, { message, hint }: DestinationError): Judgement {
  return matter(what).bad(message, hint ?? 'millrace central check says more')
}
