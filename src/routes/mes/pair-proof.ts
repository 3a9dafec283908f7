/** Whether the pair that this gateway belongs to is as both must have it, by what each of them has last said in central. */
import { escapeLiteral } from 'pg'
import type { PairRole } from '../../domain/lease.ts'
import type { Link } from '../../postgres/link.ts'
import { reading } from '../../postgres/transaction.ts'
import type { PairNames } from './lease.ts'
import type { Proof } from './proof.ts'
import { beginText, type Tenant } from './tenant.ts'

/** A gateway says how it is every few seconds. */
const SILENT_AFTER_MS = 60_000
/** The version of the gateway's own tables that brought the lease. */
const PAIRS_SINCE_VERSION = 5

interface Member {
  readonly gateway: string
  readonly role: PairRole
  readonly unready: string | null
  readonly mapsHash: string
  readonly seenAgoMs: number
}

interface Held {
  readonly holder: string
  readonly lastsMs: number
  readonly isOver: boolean
}

/** Only reads. @param gateway this one */
export async function provePair(
  link: Link,
  tenant: Tenant,
  pair: PairNames,
  gateway: string,
): Promise<Proof> {
  const what = 'pair'
  if (tenant.schemaVersion < PAIRS_SINCE_VERSION)
    return { what, proven: false, said: 'central knows no pairs yet: have the DBA run `central sql`' }
  const ours = `organization_id = ${tenant.organizationId} AND pair = ${escapeLiteral(pair.name)}`
  const [held, members] = await reading(link, beginText(tenant), async () => [
    await link.query<Held>(
      `SELECT holder, (extract(epoch FROM expires_at - renewed_at) * 1000)::float8 AS "lastsMs",
         is_released OR expires_at < clock_timestamp() AS "isOver" FROM edge_gateway.lease WHERE ${ours}`,
    ),
    await link.query<Member>(
      `SELECT gateway_id AS gateway, role, unready, maps_hash AS "mapsHash",
         (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS "seenAgoMs"
       FROM edge_gateway.pair_gateway WHERE ${ours} ORDER BY seen_at DESC`,
    ),
  ])
  const seen = { pair, gateway, lease: held.rows[0], members: members.rows }
  const wrong = faultsOf(seen)
  const said = wrong.length > 0 ? wrong.join('; ') : standingText(seen)
  return { what, proven: wrong.length === 0, said: `${pair.name}: ${said}` }
}

interface Seen {
  readonly pair: PairNames
  readonly gateway: string
  readonly lease: Held | undefined
  readonly members: readonly Member[]
}

/** What would keep the other one from taking over, or make it say something else than the active one. */
function faultsOf({ pair, gateway, lease, members }: Seen): readonly string[] {
  const here = members.filter(({ seenAgoMs }) => seenAgoMs < SILENT_AFTER_MS)
  const others = here.filter((one) => one.gateway !== gateway)
  const gone = members.find((one) => one.gateway !== gateway)
  const hashes = new Set(here.map(({ mapsHash }) => mapsHash).filter((hash) => hash !== ''))
  const unready = here.filter((one) => one.unready !== null)
  return [
    ...(others.length > 1 ? [`${namesOf(others)} are in it besides this one: a pair has two gateways`] : []),
    ...(others.length === 0 && gone ? [`"${gone.gateway}" has not been heard for ${ago(gone)}`] : []),
    ...(hashes.size > 1 ? ['its gateways have different device maps: bring the same maps to both'] : []),
    ...unready.map(
      (one) =>
        `"${one.gateway}" ${one.role === 'active' ? 'does not see all' : 'is not ready'}: ${one.unready}`,
    ),
    ...lengthFaults(pair, gateway, lease),
  ]
}

/** What this gateway holds itself may be of before its file was changed. */
function lengthFaults({ leaseMs }: PairNames, gateway: string, lease: Held | undefined): readonly string[] {
  if (!lease || lease.isOver || lease.holder === gateway) return []
  if (Math.abs(lease.lastsMs - leaseMs) < 1_000) return []
  const [there, here] = [Math.round(lease.lastsMs / 1_000), leaseMs / 1_000]
  return [`lease: is ${there} s at "${lease.holder}" and ${here} s here: write the same into both`]
}

function standingText({ gateway, lease, members }: Seen): string {
  const active = lease && !lease.isOver ? `"${lease.holder}" is active` : 'nobody is active'
  const other = members.find((one) => one.gateway !== gateway)
  if (!other) return `${active}; no second gateway has been heard yet`
  return `${active}; the other one is heard and ready, with the same device maps`
}

function namesOf(members: readonly Member[]): string {
  return members.map(({ gateway }) => `"${gateway}"`).join(' and ')
}

function ago({ seenAgoMs }: Member): string {
  const minutes = Math.round(seenAgoMs / 60_000)
  return minutes === 1 ? 'a minute' : `${minutes} minutes`
}
