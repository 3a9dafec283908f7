/** For whom central takes this gateway's events, as the server itself says. */
import { kinship, type Recipient } from '../../domain/recipient.ts'
import type { Link } from '../../postgres/link.ts'
import { serverOfThePast } from '../../postgres/past.ts'
import { identifyServer } from '../../postgres/server.ts'
import type { CentralSettings } from './settings.ts'
import type { Tenant } from './tenant.ts'

/** @throws DestinationError when the link breaks */
export async function recipientOn(
  link: Link,
  { organization, gateway }: Pick<CentralSettings, 'organization' | 'gateway'>,
  { organizationId }: Pick<Tenant, 'organizationId'>,
): Promise<Recipient> {
  return { organization, organizationId, gateway, ...(await identifyServer(link)), host: link.peer.where }
}

/** @throws DestinationError where a server is older than the one that was pushed to last; another host may be the right one */
export function refuseThePast({ peer }: Link, met: Recipient, last: Recipient): void {
  if (kinship(last, met) === 'older timeline') throw serverOfThePast(peer, met, last)
}
