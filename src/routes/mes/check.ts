/**
 * Proves to a person that this gateway may do in central what it must, and nothing else. What it writes on the way is
 * rolled back; it never leaves a row, and never shows the password.
 */
import { DestinationError, withHint } from '../../domain/errors.ts'
import type { Event } from '../../domain/events/event.ts'
import { utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import { repertoireOf } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary, type Primary } from '../../postgres/primary.ts'
import { rowRefused } from '../../postgres/refusal.ts'
import { askClock } from '../../postgres/server-clock.ts'
import { Stream } from '../../postgres/stream.ts'
import { applyEvents } from './apply.ts'
import { createCodeBook } from './codes.ts'
import { proveIsolation } from './isolation.ts'
import { updateMachines } from './machine-status.ts'
import { type MappedMachines, proveMachines } from './machines-proof.ts'
import type { Proof } from './proof.ts'
import { primarySettings } from './route.ts'
import { mesSchema, quoteName } from './schema.ts'
import type { CentralSettings } from './settings.ts'
import { MES_TABLES } from './tables/index.ts'
import type { MesTarget } from './target.ts'
import { beginText, findTenant, SCHEMA_VERSION, type Tenant } from './tenant.ts'

/** With clocks further apart, intervals of the gateway and of other systems disagree. The gateway itself works with any offset. */
const CLOCK_OFFSET_MAX_MS = 2_000
const CLOCK_LOOKS = 3

/**
 * @param mapped what the device maps describe
 * @param tell is called with each proof as soon as it is there
 */
export async function checkCentral(
  settings: CentralSettings,
  mapped: MappedMachines,
  signal: AbortSignal,
  tell: (proof: Proof) => void,
): Promise<void> {
  try {
    await onPrimary(primarySettings(settings), signal, async (primary) => {
      await using link = primary.link
      tell({ what: 'connection', proven: true, said: `${link.peer.where}, a primary that takes writes` })
      tell(tlsProof(link, settings))
      tell(await clockProof(primary))
      tell(await roleProof(link, settings))
      await tellOfTenant(link, settings, mapped, tell)
    })
  } catch (error) {
    tell(failed('connection', error))
  }
}

async function tellOfTenant(
  link: Link,
  settings: CentralSettings,
  mapped: MappedMachines,
  tell: (proof: Proof) => void,
): Promise<void> {
  const tenant = await findTenant(link, settings).catch((error: unknown) => failed('organization', error))
  if ('proven' in tenant) return tell(tenant)
  const { organization, plant, schema } = settings
  tell({ what: 'organization', proven: true, said: `bound to ${organization} by the server, plant ${plant}` })
  tell({ what: 'schema', proven: true, said: `version ${SCHEMA_VERSION} of the gateway's tables` })
  const { organizationId } = tenant
  const mes = mesSchema(schema)
  const repertoire = await repertoireOf(link)
  const codes = createCodeBook(link, mes, { organizationId, repertoire })
  const target = {
    link,
    schema: mes,
    tables: MES_TABLES,
    codes,
    organizationId,
    machineStatus: true,
    repertoire,
  }
  tell(await proveMachines(link, tenant, schema, mapped).catch((error: unknown) => failed('machines', error)))
  tell(await rightsProof(link, settings))
  tell(await writeProof(target, tenant, settings))
  for (const proof of await proveIsolation(link, tenant, schema)) tell(proof)
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

/** The best of several answers, because the first one comes while the server is still busy with the login. */
async function clockProof({ link, clock }: Primary): Promise<Proof> {
  for (let times = 0; times < CLOCK_LOOKS; times++) await askClock(link, clock)
  const clockOffsetMs = clock.offsetMs
  const proven = Math.abs(clockOffsetMs) <= CLOCK_OFFSET_MAX_MS
  const advice = proven ? '' : '; synchronise both clocks (NTP)'
  const direction = clockOffsetMs < 0 ? 'behind' : 'ahead of'
  return { what: 'clock', proven, said: `central is ${Math.abs(clockOffsetMs)} ms ${direction} us${advice}` }
}

async function roleProof(link: Link, { schema }: CentralSettings): Promise<Proof> {
  const { rows } = await link.query<{ role: string; powers: string[] }>(
    `SELECT current_user AS role, array_remove(ARRAY[
       CASE WHEN rolsuper THEN 'is a superuser' END,
       CASE WHEN rolbypassrls THEN 'bypasses row-level security' END,
       CASE WHEN rolcreaterole THEN 'may create roles' END,
       CASE WHEN rolcreatedb THEN 'may create databases' END,
       CASE WHEN rolreplication THEN 'may replicate' END,
       CASE WHEN EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) THEN 'is a member of other roles' END,
       CASE WHEN EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relnamespace IN (
         SELECT oid FROM pg_namespace WHERE nspname IN ($1, 'edge_gateway'))) THEN 'owns tables' END], NULL) AS powers
     FROM pg_roles r WHERE rolname = current_user`,
    [schema],
  )
  const { role = '?', powers = [] } = rows[0] ?? {}
  const said =
    powers.length > 0 ? `"${role}" ${powers.join(', ')}` : `"${role}" is an ordinary role that owns nothing`
  return { what: 'role', proven: powers.length === 0, said }
}

/** That the role may do enough is proven by writing. Here: that it may not do more. */
async function rightsProof(link: Link, { schema }: CentralSettings): Promise<Proof> {
  const { rows } = await link.query<{ excess: string }>(
    `SELECT privilege || ' on ' || c.oid::regclass AS excess
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
       unnest(ARRAY['DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
     WHERE n.nspname IN ($1, 'edge_gateway') AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, privilege)
     UNION ALL
     SELECT 'CREATE in schema ' || nspname FROM pg_namespace
     WHERE nspname IN ($1, 'edge_gateway') AND has_schema_privilege(oid, 'CREATE')
     UNION ALL
     SELECT 'SELECT on passwords' WHERE has_column_privilege($2, 'hashed_password', 'SELECT')
     ORDER BY excess LIMIT 5`,
    [schema, `${quoteName(schema)}.users`],
  )
  const excess = rows.map((row) => row.excess).join(', ')
  const said = excess
    ? `it has more than it needs: ${excess}`
    : 'no DELETE, no TRUNCATE, no DDL, no passwords'
  return { what: 'rights', proven: rows.length === 0, said }
}

/** Opens and amends a row in each table, and rolls everything back. */
async function writeProof(target: MesTarget, tenant: Tenant, settings: CentralSettings): Promise<Proof> {
  const { link, schema, organizationId } = target
  const what = 'own rows'
  try {
    await link.script(beginText(tenant))
    const { rows } = await link.query<{ machine_code: string }>(
      `SELECT machine_code FROM ${schema.machines} WHERE organization_id = $1 AND plant_id = $2 ORDER BY id LIMIT 1`,
      [organizationId, tenant.plantId],
    )
    const machine = rows[0]?.machine_code
    if (machine === undefined) {
      await link.script('ROLLBACK')
      return { what, proven: false, said: `plant ${settings.plant} has no machine yet; create it in the MES` }
    }
    await writeEverything(target, machine, settings)
    await link.script('ROLLBACK')
    return { what, proven: true, said: `written for machine ${machine} and rolled back` }
  } catch (error) {
    await link.script('ROLLBACK').catch(() => undefined) // Without a link there is nothing to take back.
    return failed(what, error)
  }
}

async function writeEverything(
  target: MesTarget,
  machine: string,
  { now, gateway }: CentralSettings,
): Promise<void> {
  const at = utcText(now().wallMs)
  const samples = target.tables.map((table) => table.sample(machineOwner(machine), at))
  // A row is opened in one batch and amended in a later one, as the uploader does it.
  await writeAll(
    target,
    samples.flatMap(([opening]) => opening ?? []),
  )
  await writeAll(
    target,
    samples.flatMap(([, ...amendments]) => amendments),
  )
  await useStream(target, `${gateway} (check)`)
}

async function writeAll(target: MesTarget, events: readonly Event[]): Promise<void> {
  const { leftOut, touched } = await applyEvents(target, events)
  const [first] = leftOut
  if (first) throw rowRefused(target.link.peer, first.reason)
  await updateMachines(target, touched)
}

/** Everything that a gateway does with its own tables, in the name of one that does not exist. */
async function useStream({ link, organizationId, repertoire }: MesTarget, gateway: string): Promise<void> {
  const stream = new Stream(link, organizationId, gateway, repertoire)
  const incarnation = '00000000-0000-4000-8000-000000000000'
  const position = { seq: 0, hash: new Uint8Array() }
  await stream.begin({ incarnation, epoch: 1 }, position)
  await stream.advance(position)
  await stream.adopt({ incarnation, epoch: 2 }, position)
  await link.script(`${stream.headText} FOR UPDATE`)
  await stream.quarantine([{ incarnation, seq: 1, event: {}, reason: 'check', sqlstate: null }])
  await stream.quarantined(undefined, 1)
  await stream.release([{ incarnation, seq: 1 }])
  await stream.record({ kind: 'gap', detail: {} })
}
