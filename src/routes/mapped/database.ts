/** The database that a mapped route writes to: how it is reached, and for whom the role writes there. */
import { DestinationError } from '../../domain/errors.ts'
import { transactionText } from '../../postgres/begin.ts'
import type { Link } from '../../postgres/link.ts'
import type { Tenancy } from '../route-kind.ts'

/**
 * In a database that is none of the MES's, the gateway's role is bound as well: to an organization, or to none, which is 0.
 * @throws DestinationError `wait` where it is not
 */
export async function findBinding(link: Link): Promise<Tenancy> {
  const { name, where, grants } = link.peer
  await link.script(transactionText())
  const { rows } = await link
    .query<{ readonly organization_id: number }>(
      'SELECT organization_id FROM edge_gateway.binding WHERE role_name = current_user',
    )
    .finally(() => link.script('ROLLBACK').catch(() => undefined)) // Where it fails, the question has failed too.
  const [binding] = rows
  if (!binding) {
    throw new DestinationError(
      `${name}-tenant`,
      `the role of ${name} at ${where} is bound to nothing there`,
      {
        refusal: 'wait',
        hint: grants,
      },
    )
  }
  return {
    organizationId: binding.organization_id,
    begin: (searchPath) => transactionText(searchPath === undefined ? {} : { search_path: searchPath }),
    viewOf: () => undefined,
  }
}
