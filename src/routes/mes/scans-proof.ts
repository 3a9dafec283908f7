/** Whether central lets scans in, and lets the gateway know what badges and codes stand for. Only asked where there are scanners. */
import { LOOKUP_COLUMNS, type LookupTable } from '../../domain/master-data.ts'
import type { ReferenceKind } from '../../domain/reference-data.ts'
import type { Proof } from './proof.ts'
import { referenceText } from './reference-sql.ts'
import { qrCodeScans } from './tables/qr-code-scans.ts'
import type { MesTarget } from './target.ts'

export function proveScans(target: MesTarget): Proof {
  const { tables, access, link } = target
  const what = 'scans'
  const { name } = link.peer
  const [kind = ''] = qrCodeScans.opens
  const missing = tables.whyMissing(kind)
  const unread = KINDS.filter((table) => access.has(table) && !canRead(target, table))
  const faults = [
    ...(missing === undefined ? [] : [`${missing}; until then every scan goes to the quarantine`]),
    ...(canRead(target, 'users')
      ? []
      : [`${name} has no users that this role may read, so no badge is known`]),
    ...(isUnlimited(target) ? [] : [`this role may not read user_plant_access, so nobody is let in`]),
    ...(unread.length === 0
      ? []
      : [`this role may read too little of ${unread.join(', ')}, so what stands there is unknown`]),
  ]
  if (faults.length > 0) return { what, proven: false, said: [...faults, link.peer.grants].join('; ') }
  const lacking = KINDS.filter((table) => !access.has(table))
  const but = [
    ...(lacking.length === 0 ? [] : [`the site has no ${lacking.join(', ')}`]),
    ...(access.reads('users', 'is_active')
      ? []
      : ['users has no is_active, so whoever has left is let in until the row is gone']),
  ]
  const written = `written to ${qrCodeScans.name}, badges and codes can be read`
  return { what, proven: true, said: [written, ...but].join('; ') }
}

/** Besides users, which every station needs. */
const KINDS = [...(Object.keys(LOOKUP_COLUMNS) as readonly LookupTable[]), 'shifts'] as const

/** Whether it is asked for what the gateway keeps a copy of. */
function canRead(
  { access, schema, gateway, organizationId, plantId }: MesTarget,
  kind: ReferenceKind,
): boolean {
  return referenceText({ access, schema, gateway, tenant: { organizationId, plantId } }, kind) !== undefined
}

function isUnlimited({ access }: MesTarget): boolean {
  const columns = ['organization_id', 'user_id', 'plant_id']
  return !access.has('user_plant_access') || access.reads('user_plant_access', ...columns)
}
