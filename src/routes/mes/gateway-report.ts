/** The row of `edge_gateway.gateway_report`: how this gateway is, for whoever looks after all of them. */
import { escapeLiteral } from 'pg'
import type { DestinationSession } from '../../domain/destination.ts'
import { DestinationError, withHint } from '../../domain/errors.ts'
import type { GatewayReport } from '../../domain/gateway-report.ts'
import type { Trouble } from '../../domain/health.ts'
import { utcText } from '../../domain/instant.ts'
import { settingsText } from '../../postgres/begin.ts'
import { legible } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import type { CentralSettings } from './settings.ts'
import type { MesTarget } from './target.ts'
import { beginText, sqlCommand, type Tenant } from './tenant.ts'

/** The table came with this version of the gateway's schema. */
const NEEDED_VERSION = 5
/** Central keeps one row a gateway, and whoever looks at it has hundreds of them on a page. */
const TROUBLE_CHARACTERS_MAX = 300

/** Writes reports of this gateway over its link. */
export function reportWriter(
  target: MesTarget,
  tenant: Tenant,
  settings: CentralSettings,
): NonNullable<DestinationSession['report']> {
  const begin = beginText(tenant)
  let version = tenant.schemaVersion
  return async (report, dueS) => {
    // A link may last for months, and somebody brings central up to date meanwhile.
    if (version < NEEDED_VERSION) version = await versionNow(target.link, begin)
    if (version < NEEDED_VERSION)
      return `central has version ${version} of the gateway's schema, and reports need ${NEEDED_VERSION}; have the DBA run what \`${sqlCommand(settings)}\` prints`
    const row = reportText(report, { target, plant: settings.plant, dueS })
    return refusedOrDone(target.link, `${begin} ${NOT_SYNCED}; ${row}; COMMIT`)
  }
}

async function versionNow(link: Link, begin: string): Promise<number> {
  const version = 'SELECT schema_version FROM edge_gateway.binding WHERE role_name = current_user'
  const answers = await link.script(`${begin}; ${version}; COMMIT`)
  return Number(answers.at(-2)?.rows[0]?.schema_version)
}

/** The next report says everything again, so that none has to wait for the disk. */
const NOT_SYNCED = settingsText({ synchronous_commit: 'off' })

/** In one round trip. What the server refuses concerns this row alone; where the link is lost, so is the session. */
async function refusedOrDone(link: Link, script: string): Promise<string | undefined> {
  try {
    await link.script(script)
    return undefined
  } catch (error) {
    if (!(error instanceof DestinationError) || error.sqlstate === null) throw error
    await link.script('ROLLBACK')
    return withHint(error.message, error.hint)
  }
}

interface Reported {
  readonly target: MesTarget
  readonly plant: string
  readonly dueS: number
}

function reportText(report: GatewayReport, { target, plant, dueS }: Reported): string {
  const { organizationId, gateway, repertoire } = target
  const told = (value: string) => legible(value, repertoire)
  const text = (value: string) => escapeLiteral(told(value))
  const key = { organization_id: String(organizationId), gateway_id: escapeLiteral(gateway) }
  const said = {
    due_s: String(Math.round(dueS)),
    state: text(report.state),
    plant_code: text(plant),
    host: text(report.host),
    version: text(report.version),
    started_at: text(utcText(report.startedAtMs)),
    pending: String(report.pending),
    lag_s: String(Math.round(report.lagS)),
    clock_offset_ms: report.clockOffsetMs === null ? 'NULL' : String(Math.round(report.clockOffsetMs)),
    machines: String(report.machines),
    maps_hash: text(report.mapsHash),
    troubles: escapeLiteral(JSON.stringify(report.troubles.map((trouble) => toldTrouble(trouble, told)))),
    trouble_count: String(report.troubleCount),
  }
  const row = { ...key, ...said }
  const again = Object.keys(said).map((column) => `${column} = excluded.${column}`)
  return `INSERT INTO edge_gateway.gateway_report (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).join(', ')})
    ON CONFLICT (organization_id, gateway_id) DO UPDATE SET reported_at = now(), ${again.join(', ')}`
}

/** @param told a text as the database can hold it: whoever reads the page wants a list, whatever is in its texts */
function toldTrouble({ code, what, sinceMs, device }: Trouble, told: (text: string) => string) {
  const since = sinceMs === null ? null : utcText(sinceMs)
  const bounded =
    what.length > TROUBLE_CHARACTERS_MAX ? `${what.slice(0, TROUBLE_CHARACTERS_MAX - 1)}…` : what
  return { code, what: told(bounded), since, ...(device === undefined ? {} : { device: told(device) }) }
}
