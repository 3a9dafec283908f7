/** Functions that run with more rights than their caller has: each is a door, and has to be one that leads to one place only. */
import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { DefinerFunction } from '../facts/definer-functions.ts'

/** The gateway's own. */
const KNOWN = /^edge_gateway\./

export function judgeDefinerFunctions(functions: readonly DefinerFunction[]): Judgement {
  const { good, advice, bad } = matter('functions with other rights')
  const open = functions.filter(({ hasPath }) => !hasPath)
  if (open.length > 0)
    return bad(
      `${listed(open)}: whoever calls it decides which tables and functions it finds`,
      open.map(({ name }) => `ALTER ROUTINE ${name} SET search_path = pg_catalog, pg_temp;`).join('\n'),
    )
  const foreign = functions.filter(({ name }) => !KNOWN.test(name))
  if (foreign.length > 0)
    return advice(
      `this role may call ${listed(foreign)}`,
      ['where a gateway has no use for it:', ...foreign.map(revocation)].join('\n'),
    )
  return good(
    functions.length === 0 ? 'this role may call none' : `only the gateway’s own: ${listed(functions)}`,
  )
}

function listed(functions: readonly DefinerFunction[]): string {
  return functions
    .map(
      ({ name, owner, ownerIsSuperuser }) => `${name} as ${owner}${ownerIsSuperuser ? ', a superuser' : ''}`,
    )
    .join('; ')
}

function revocation({ name }: DefinerFunction): string {
  return `REVOKE EXECUTE ON ROUTINE ${name} FROM PUBLIC;`
}
