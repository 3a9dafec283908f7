/** For whom routes write that bring events into other tables of the MES's database. */
import type { Link } from '../../postgres/link.ts'
import type { Tenancy } from '../route-kind.ts'
import { mesSchema } from './schema.ts'
import type { CentralSettings } from './settings.ts'
import { beginText, beginTextWith, findTenant } from './tenant.ts'

/** The tenant of this gateway's role, which reaches tables without row-level security through views. @throws DestinationError `wait` */
export async function findTenancy(link: Link, settings: CentralSettings): Promise<Tenancy> {
  const tenant = await findTenant(link, settings)
  const { organizationId, views } = tenant
  const names = mesSchema(settings.schema, tenant)
  return {
    organizationId,
    begin: (searchPath) => (searchPath === undefined ? beginText(tenant) : beginTextWith(tenant, searchPath)),
    viewOf: (schema, table) =>
      schema === settings.schema && views.includes(table) ? names.table(table) : undefined,
  }
}
