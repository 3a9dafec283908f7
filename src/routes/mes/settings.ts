/** The section `central:` of `gateway.yaml`, and what the route is made of. */
import { z } from 'zod'
import type { Section } from '../../documents/section.ts'
import { text } from '../../documents/text.ts'
import type { BatchSettings } from '../../domain/destination.ts'
import type { Instant } from '../../domain/instant.ts'
import { batchSchema, type ConnectionSettings, connectionKeys } from '../../postgres/settings.ts'
import { settleConnection } from '../../postgres/settle-connection.ts'
import type { Log } from '../../runtime/log.ts'

interface MesSettings {
  readonly connection: ConnectionSettings
  /** The schema of the MES tables; every name is qualified with it. */
  readonly schema: string
  readonly batch: BatchSettings
  /** Whether `machines.status` and `current_work_order_id` are kept current. */
  readonly machineStatus: boolean
}

const { url, password, password_file, hosts, tls, login } = connectionKeys('MILLRACE_CENTRAL_PASSWORD')

const schema = z
  .strictObject({
    url,
    password,
    password_file,
    schema: text(63).default('public').describe('Where the MES tables live.'),
    hosts,
    tls,
    login,
    batch: batchSchema.prefault({}),
    machine_status: z
      .boolean()
      .default(true)
      .describe('Also keep machines.status and current_work_order_id current.'),
  })
  .meta({ title: 'central' })

/** The section, as `config/` puts it together with the others. */
export const mesSection: Section<z.output<typeof schema>, MesSettings> = {
  schema,
  settle: (settling, at, written) => {
    const connection = settleConnection(settling, at, written)
    if (!connection || !written) return undefined
    return {
      connection,
      schema: written.schema,
      batch: { rows: written.batch.rows, lingerMs: written.batch.linger },
      machineStatus: written.machine_status,
    }
  },
}

/** Whose stream it is. */
interface GatewayNames {
  /** Names this gateway's stream within the organization. */
  readonly gateway: string
  /** `organizations.code`; the role must be bound to it. */
  readonly organization: string
  /** `plants.code`. */
  readonly plant: string
}

/** Everything that the route and the commands on central need. */
export interface CentralSettings extends MesSettings, GatewayNames {
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly now: () => Instant
}

/** Those settings, out of the whole configuration. */
export function centralSettings(
  { central, gateway, organization, plant }: GatewayNames & { readonly central: MesSettings },
  { clock, log }: { readonly clock: { readonly now: () => Instant }; readonly log: Log },
): CentralSettings {
  return { ...central, gateway, organization, plant, log, now: clock.now }
}
