/** Compares what scanners' maps name with central: the plant, the machine, and the station's own user. */
import type { Link } from '../../postgres/link.ts'
import { reading } from '../../postgres/transaction.ts'
import { listed } from './listed.ts'
import type { Proof } from './proof.ts'
import { mesSchema } from './schema.ts'
import { beginText, type Tenant } from './tenant.ts'

/** A station that a scanner's map describes. */
export interface MappedStation {
  readonly scanner: string
  /** As named to the user. */
  readonly file: string
  /** `plants.code`; null: the gateway's own. */
  readonly plant: string | null
  /** `machines.machine_code`; null: none. */
  readonly machine: string | null
  /** `users.id` of the station's own user; null: none. */
  readonly user: number | null
}

/** What central has of all that the maps name. */
interface Known {
  readonly plants: readonly string[]
  readonly machines: readonly string[]
  readonly users: ReadonlyMap<number, boolean>
}

/** @throws DestinationError */
export async function proveStations(
  link: Link,
  tenant: Tenant,
  schema: string,
  stations: readonly MappedStation[],
): Promise<Proof> {
  const known = await knownOf(link, tenant, schema, stations)
  const wrong = stations.flatMap((station) => faultsOf(station, known))
  const what = 'stations'
  if (wrong.length > 0) return { what, proven: false, said: [...listed(wrong), REMEDY].join('; ') }
  return { what, proven: true, said: 'central knows the plants, machines and users that they name' }
}

const REMEDY = 'correct the map, or create or activate it in the MES'

function faultsOf({ scanner, file, plant, machine, user }: MappedStation, known: Known): readonly string[] {
  const of = `${scanner} (${file})`
  const isActive = user === null ? true : known.users.get(user)
  return [
    ...(plant === null || known.plants.includes(plant) ? [] : [`central knows no plant "${plant}" of ${of}`]),
    ...(machine === null || known.machines.includes(machine)
      ? []
      : [`central knows no machine "${machine}" of ${of}`]),
    ...(isActive === undefined ? [`central knows no user ${user} of ${of}`] : []),
    ...(isActive === false ? [`the user ${user} of ${of} is not active in central`] : []),
  ]
}

async function knownOf(
  link: Link,
  tenant: Tenant,
  schema: string,
  stations: readonly MappedStation[],
): Promise<Known> {
  const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
  const mes = mesSchema(schema, tenant)
  const users = stations.flatMap(({ user }) => user ?? [])
  return await reading(link, begin, async () => {
    const plants = await link.query<{ readonly code: string }>(
      `SELECT code::text AS code FROM ${mes.plants} WHERE organization_id = $1`,
      [tenant.organizationId],
    )
    const machines = await link.query<{ readonly code: string }>(
      `SELECT machine_code::text AS code FROM ${mes.machines} WHERE organization_id = $1`,
      [tenant.organizationId],
    )
    // Not every site lets the gateway read its users, and only a station's own user asks for it.
    const found =
      users.length === 0
        ? { rows: [] }
        : await link.query<{ readonly id: number; readonly active: boolean }>(
            `SELECT id, coalesce(is_active, false) AS active FROM ${mes.table('users')}
             WHERE organization_id = $1 AND id = ANY ($2)`,
            [tenant.organizationId, users],
          )
    return {
      plants: plants.rows.map(({ code }) => code),
      machines: machines.rows.map(({ code }) => code),
      users: new Map(found.rows.map(({ id, active }) => [id, active])),
    }
  })
}
