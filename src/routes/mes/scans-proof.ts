/** Whether central lets scans in, and lets the gateway know what badges and codes stand for. Only asked where there are scanners. */
import { LOOKUP_COLUMNS } from '../../domain/master-data.ts'
import type { Proof } from './proof.ts'
import { qrCodeScans } from './tables/qr-code-scans.ts'
import type { MesTarget } from './target.ts'

export function proveScans({ tables, access, link }: MesTarget): Proof {
  const what = 'scans'
  const { name } = link.peer
  const [kind = ''] = qrCodeScans.opens
  const missing = tables.whyMissing(kind)
  const looksUp = Object.keys(LOOKUP_COLUMNS).filter((table) => access.has(table))
  const unread = looksUp.filter((table) => !access.reads(table, 'id', 'organization_id'))
  const faults = [
    ...(missing === undefined ? [] : [`${missing}; until then every scan goes to the quarantine`]),
    ...(access.reads('users', 'id', 'organization_id', 'employee_code')
      ? []
      : [`${name} has no users that this role may read, so no badge is known`]),
    ...(access.has('user_plant_access') && !access.reads('user_plant_access', 'user_id', 'plant_id')
      ? [`this role may not read user_plant_access, so nobody is let in`]
      : []),
    ...(unread.length === 0
      ? []
      : [`this role may not read ${unread.join(', ')}, so their codes are unknown`]),
  ]
  if (faults.length > 0) return { what, proven: false, said: [...faults, link.peer.grants].join('; ') }
  const lacking = Object.keys(LOOKUP_COLUMNS).filter((table) => !access.has(table))
  const without = lacking.length === 0 ? '' : `; the site has no ${lacking.join(', ')}`
  return {
    what,
    proven: true,
    said: `written to ${qrCodeScans.name}, badges and codes can be read${without}`,
  }
}
