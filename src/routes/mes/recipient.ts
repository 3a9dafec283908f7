/** For whom central takes this gateway's events, as the server itself says. */
import { DestinationError } from '../../domain/errors.ts'
import { kinship, type Recipient } from '../../domain/recipient.ts'
import type { Link } from '../../postgres/link.ts'
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

/**
 * After a failover the old primary may come back and take writes, as if nothing had happened. What goes there is lost.
 * @throws DestinationError where a server is older than the one that was pushed to last; another host may be the right one
 */
export function refuseThePast({ peer }: Link, met: Recipient, last: Recipient): void {
  if (kinship(last, met) !== 'older timeline') return
  const { name, where } = peer
  throw new DestinationError(
    `${name}-past`,
    `${name} at ${where} is on timeline ${met.timeline} of its system, and this gateway has pushed to timeline ${last.timeline} (${last.host}): it is the primary of before a failover, and gets nothing`,
    {
      refusal: 'wait',
      hint: 'make it a standby of the new primary, or take it out of service; if it shall be the primary again, stop the gateway and run `millrace buffer adopt`',
    },
  )
}
