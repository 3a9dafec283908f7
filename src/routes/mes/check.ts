/**
 * Proves to a person that this gateway may do in central what it must, and nothing else. What it writes on the way is
 * rolled back; it never leaves a row, and never shows the password.
 */
import { DestinationError, withHint } from '../../domain/errors.ts'
import type { Event } from '../../domain/events/event.ts'
import { utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import { knownHole } from '../../postgres/known-holes.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary } from '../../postgres/primary.ts'
import { rowRefused } from '../../postgres/refusal.ts'
import { Stream } from '../../postgres/stream.ts'
import { applyEvents } from './apply.ts'
import { Claims } from './claims.ts'
import { clockProof } from './clock-proof.ts'
import { proveIsolation } from './isolation.ts'
import type { PairNames } from './lease.ts'
import { updateMachines } from './machine-status.ts'
import { type NamedByMaps, proveMachines } from './machines-proof.ts'
import { provePair } from './pair-proof.ts'
import type { Proof } from './proof.ts'
import { proveRights, proveRole, type RightsOfRoutes } from './role-proof.ts'
import { primarySettings } from './route.ts'
import { proveScans } from './scans-proof.ts'
import type { CentralSettings } from './settings.ts'
import { proveStations } from './stations-proof.ts'
import { MES_TABLES } from './tables/index.ts'
import type { MesTable, SampleAbout } from './tables/table.ts'
import { type MesTarget, openTarget } from './target.ts'
import { beginText, findTenant, SCHEMA_VERSION, sqlCommand, type Tenant } from './tenant.ts'

/** With what the routes out of files need in the same database, where there are any. */
export interface CheckedSettings extends CentralSettings {
  readonly routes?: RightsOfRoutes | undefined
  /** How many there are: each keeps a connection of its own. */
  readonly routeCount?: number | undefined
  /** Null for a gateway that is alone with its machines. */
  readonly pair?: PairNames | null
}

/**
 * @param mapped what the device maps describe
 * @param tell is called with each proof as soon as it is there
 */
export async function checkCentral(
  settings: CheckedSettings,
  mapped: NamedByMaps,
  signal: AbortSignal,
  tell: (proof: Proof) => void,
): Promise<void> {
  try {
    await onPrimary(primarySettings(settings), signal, async (primary) => {
      await using link = primary.link
      tell({ what: 'connection', proven: true, said: `${link.peer.where}, a primary that takes writes` })
      tell(tlsProof(link, settings))
      const hole = knownHole(await serverVersion(link))
      if (hole !== undefined) tell({ what: 'version', proven: false, said: hole })
      tell(await clockProof(primary))
      tell(await proveRole(link).catch((error: unknown) => failed('role', error)))
      await tellOfTenant(link, settings, mapped, tell)
    })
  } catch (error) {
    tell(failed('connection', error))
  }
}

/** Only whether central knows what the maps name, and how the other gateway of the pair is. */
export async function checkMapped(
  settings: Pick<CheckedSettings, 'pair'> & CentralSettings,
  mapped: NamedByMaps,
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  try {
    return await onPrimary(primarySettings(settings), signal, async (primary) => {
      await using link = primary.link
      const tenant = await findTenant(link, settings)
      return [
        ...(await proveMapped(link, tenant, settings.schema, mapped)),
        ...(await provePairOf(link, tenant, settings)),
      ]
    })
  } catch (error) {
    return [failed('machines', error)]
  }
}

/** Stations are spoken of where there are any. */
async function proveMapped(
  link: Link,
  tenant: Tenant,
  schema: string,
  mapped: NamedByMaps,
): Promise<readonly Proof[]> {
  const machines = await proveMachines(link, tenant, schema, mapped).catch((error: unknown) =>
    failed('machines', error),
  )
  if (mapped.stations.length === 0) return [machines]
  const stations = await proveStations(link, tenant, schema, mapped.stations).catch((error: unknown) =>
    failed('stations', error),
  )
  return [machines, stations]
}

async function tellOfTenant(
  link: Link,
  settings: CheckedSettings,
  mapped: NamedByMaps,
  tell: (proof: Proof) => void,
): Promise<void> {
  const tenant = await findTenant(link, settings).catch((error: unknown) => failed('organization', error))
  if ('proven' in tenant) return tell(tenant)
  const { organization, plant, schema } = settings
  tell({ what: 'organization', proven: true, said: `bound to ${organization} by the server, plant ${plant}` })
  tell({ what: 'schema', proven: true, said: schemaText(tenant, settings) })
  const gateway = `${settings.gateway} (check)`
  const target = await openTarget(link, tenant, { ...settings, gateway, machineStatus: true }, MES_TABLES)
  for (const proof of await proveMapped(link, tenant, schema, mapped)) tell(proof)
  tell(
    await proveRights(link, tenant, {
      schema,
      role: settings.connection.user,
      routes: settings.routes,
    }).catch((error: unknown) => failed('rights', error)),
  )
  for (const proof of await provePairOf(link, tenant, settings)) tell(proof)
  if (mapped.stations.length > 0) tell(proveScans(target))
  tell(await writeProof(target, tenant, settings))
  const at = utcText(settings.now().wallMs)
  const isolation = await proveIsolation(link, tenant, schema, at).catch((error: unknown) => [
    failed('separation of tenants', error),
  ])
  for (const proof of isolation) tell(proof)
}

/** Nothing is said of a pair where there is none. */
async function provePairOf(
  link: Link,
  tenant: Tenant,
  { pair, gateway }: Pick<CheckedSettings, 'pair' | 'gateway'>,
): Promise<readonly Proof[]> {
  if (!pair) return []
  return [await provePair(link, tenant, pair, gateway).catch((error: unknown) => failed('pair', error))]
}

function schemaText({ schemaVersion }: Tenant, settings: CheckedSettings): string {
  const has = `version ${schemaVersion} of the gateway's tables`
  return schemaVersion < SCHEMA_VERSION
    ? `${has}; delivery needs no more, and what the later ones are for begins to work once the DBA has run what \`${sqlCommand(settings)}\` prints`
    : has
}

async function serverVersion(link: Link): Promise<number> {
  const { rows } = await link.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  )
  return rows[0]?.version ?? 0
}

function failed(what: string, error: unknown): Proof {
  if (!(error instanceof DestinationError)) throw error
  return { what, proven: false, said: withHint(error.message, error.hint) }
}

function tlsProof({ tlsProtocol }: Link, { connection }: CentralSettings): Proof {
  const { mode } = connection.tls
  if (mode === 'off')
    return { what: 'TLS', proven: true, said: 'off, as configured: rows travel in the open' }
  const trust = mode === 'require' ? 'the server is not verified, as configured' : `server verified (${mode})`
  return { what: 'TLS', proven: tlsProtocol !== undefined, said: `${tlsProtocol ?? 'none'}, ${trust}` }
}

/** Opens and amends a row in each table, and rolls everything back. */
async function writeProof(target: MesTarget, tenant: Tenant, settings: CentralSettings): Promise<Proof> {
  const { link } = target
  const what = 'own rows'
  try {
    await link.script(beginText(tenant))
    const { machine, person } = await anybody(target)
    if (machine === null) {
      await link.script('ROLLBACK')
      return { what, proven: false, said: `plant ${settings.plant} has no machine yet; create it in the MES` }
    }
    const tables = target.tables.present.filter((table) => person !== null || !namesPerson(table))
    await writeEverything(target, tables, { machine: machineOwner(machine), person: person ?? 0 }, settings)
    await link.script('ROLLBACK')
    return { what, proven: true, said: writtenText(target, tables, machine) }
  } catch (error) {
    await link.script('ROLLBACK').catch(() => undefined) // Without a link there is nothing to take back.
    return failed(what, error)
  }
}

/** A machine of the plant and a user, for rows to be about. */
async function anybody({ link, schema, access, organizationId, plantId }: MesTarget) {
  const person = access.reads('users', 'organization_id', 'id')
    ? `(SELECT min(id) FROM ${schema.table('users')} WHERE organization_id = $1)`
    : 'NULL::int'
  const { rows } = await link.query<{ machine: string | null; person: number | null }>(
    `SELECT ${person} AS person,
       (SELECT machine_code FROM ${schema.machines} WHERE organization_id = $1 AND plant_id = $2 ORDER BY id LIMIT 1) AS machine`,
    [organizationId, plantId],
  )
  return rows[0] ?? { machine: null, person: null }
}

function namesPerson({ columns }: MesTable): boolean {
  return columns.some(({ code, required }) => code === 'person' && required)
}

/** What was written, and why the rest was not. */
function writtenText(
  { tables: { present } }: MesTarget,
  written: readonly MesTable[],
  machine: string,
): string {
  const nobody = present.filter((table) => !written.includes(table)).map(({ name }) => name)
  const but =
    nobody.length === 0 ? '' : `; ${nobody.join(', ')} was not tried: this organization has no user yet`
  return `written for machine ${machine} and rolled back${but}`
}

async function writeEverything(
  target: MesTarget,
  tables: readonly MesTable[],
  about: SampleAbout,
  { now }: CentralSettings,
): Promise<void> {
  const at = utcText(now().wallMs)
  const samples = tables.map((table) => table.sample(about, at))
  // A row is opened in one batch and amended in a later one, as the uploader does it.
  await writeAll(
    target,
    samples.flatMap(([opening]) => opening ?? []),
  )
  await writeAll(
    target,
    samples.flatMap(([, ...amendments]) => amendments),
  )
  await useStream(target)
}

async function writeAll(target: MesTarget, events: readonly Event[]): Promise<void> {
  const { leftOut, touched } = await applyEvents(target, events)
  const [first] = leftOut
  if (first) throw rowRefused(target.link.peer, first.reason)
  await updateMachines(target, touched)
}

/** Everything that a gateway does with its own tables, in the name of one that does not exist. */
async function useStream(target: MesTarget): Promise<void> {
  const { link, organizationId, gateway, repertoire } = target
  const stream = new Stream(link, organizationId, gateway, repertoire)
  const incarnation = '00000000-0000-4000-8000-000000000000'
  const position = { seq: 0, hash: new Uint8Array() }
  await stream.begin({ incarnation, epoch: 1 }, position)
  await stream.advance(position)
  await stream.adopt({ incarnation, epoch: 2 }, position)
  await link.script(`${stream.headText} FOR UPDATE`)
  await stream.quarantine([{ incarnation, seq: 1, event: {}, reason: 'check', sqlstate: null }])
  await stream.quarantinedLocked(undefined, 1)
  await stream.release([{ incarnation, seq: 1 }])
  await stream.record({ kind: 'gap', detail: {} }, { once: false })
  await link.script(new Claims(target).text)
}
