/** All gateways that this gateway's role may see: those of its organization. */
import { DestinationError } from '../../domain/errors.ts'
import { onPrimary } from '../../postgres/primary.ts'
import { reading } from '../../postgres/transaction.ts'
import { FLEET_COLUMNS } from './rights.ts'
import { primarySettings } from './route.ts'
import type { CentralSettings } from './settings.ts'
import { beginText, findTenant, sqlCommand } from './tenant.ts'

/** A row of `edge_gateway.fleet` as JSON: what a gateway has not said of itself is null. Moments are texts with their zone. */
export interface FleetGateway {
  readonly organization_code: string
  readonly gateway_id: string
  readonly plant_code: string | null
  /** `good`, `behind`, `trouble`, `silent`, `stopped` or `unreported`. */
  readonly verdict: string
  readonly seen_at: string | null
  readonly silent_s: number | null
  readonly delivered_at: string | null
  readonly lag_s: number | null
  readonly pending: number | null
  readonly quarantined: number
  readonly trouble_count: number | null
  readonly troubles:
    | readonly {
        readonly code: string
        readonly what: string
        readonly since: string | null
        readonly device?: string
      }[]
    | null
  readonly version: string | null
  readonly started_at: string | null
  readonly host: string | null
  readonly clock_offset_ms: number | null
  readonly machines: number | null
  readonly maps_hash: string | null
}

/** The view came with this version of the gateway's schema. */
const NEEDED_VERSION = 5

/** @throws DestinationError */
export async function readFleet(
  settings: CentralSettings,
  signal: AbortSignal,
): Promise<readonly FleetGateway[]> {
  return onPrimary(primarySettings(settings), signal, async ({ link: made }) => {
    await using link = made
    const tenant = await findTenant(link, settings)
    if (tenant.schemaVersion < NEEDED_VERSION) {
      const message = `central has version ${tenant.schemaVersion} of the gateway's schema, and the fleet needs ${NEEDED_VERSION}`
      throw new DestinationError('central-tenant', message, {
        refusal: 'wait',
        hint: `have the DBA run what \`${sqlCommand(settings)}\` prints`,
      })
    }
    const { rows } = await reading(link, beginText(tenant), () =>
      link.query<{ readonly gateway: FleetGateway }>(
        `SELECT to_jsonb(one) AS gateway FROM (SELECT ${FLEET_COLUMNS.join(', ')} FROM edge_gateway.fleet) AS one
         ORDER BY one.plant_code, one.gateway_id`,
      ),
    )
    return rows.map(({ gateway }) => gateway)
  })
}
