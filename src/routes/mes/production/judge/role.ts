/** That the role may do what it must and nothing else, and that nobody else may do it in its place. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { Proof } from '../../proof.ts'
import type { ConnectionFacts } from '../facts/connections.ts'
import type { OtherLogin } from '../facts/other-logins.ts'

const DAY_MS = 86_400_000
const CHANGE_DAYS = 14

/** @param proof says what the role is: see `proveRole` */
export function judgeRole({ what, proven, said }: Proof, role: string): Judgement {
  if (proven) return matter(what).good(said)
  return matter(what).bad(
    said,
    [
      `ALTER ROLE ${role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;`,
      `what it owns goes to somebody else: REASSIGN OWNED BY ${role} TO …; memberships: REVOKE … FROM ${role};`,
    ].join('\n'),
  )
}

/** @param proof says in its first line what is wrong, and in the others what takes it away: see `proveRights` */
export function judgeRights({ what, proven, said }: Proof): Judgement {
  if (proven) return matter(what).good(said)
  const [first = '', ...statements] = said.split(/\n\s*/)
  return matter(what).bad(first, statements.join('\n'))
}

export function judgeOtherLogins(logins: readonly OtherLogin[]): Judgement {
  const { good, advice, bad } = matter('other logins')
  if (logins.length === 0) return good('none but owners and gateways reaches the schema edge_gateway')
  const named = (some: readonly OtherLogin[]) => some.map(({ role }) => role).join(', ')
  const remedy = logins
    .map(({ role }) => `REVOKE ALL ON ALL TABLES IN SCHEMA edge_gateway FROM ${role};`)
    .concat('and what they have through PUBLIC or through a role of which they are members')
    .join('\n')
  const writers = logins.filter(({ mayWrite }) => mayWrite)
  return writers.length > 0
    ? bad(
        `${named(writers)} may write in edge_gateway: a gateway takes a changed stream for another history, and stops`,
        remedy,
      )
    : advice(`${named(logins)} may read in edge_gateway`, remedy)
}

export function judgePassword(
  { passwordEndsMs, role }: ConnectionFacts,
  nowMs: number,
): readonly Judgement[] {
  if (passwordEndsMs === null) return []
  const { good, advice, bad } = matter('password')
  const end = new Date(passwordEndsMs).toISOString().slice(0, 10)
  const remedy = `change it (docs/central.md says how without a gap), and ALTER ROLE ${role} VALID UNTIL '…';`
  if (passwordEndsMs < nowMs) return [bad(`no longer valid since ${end}: the next login is refused`, remedy)]
  const isNear = passwordEndsMs - nowMs < CHANGE_DAYS * DAY_MS
  return [isNear ? advice(`valid until ${end}`, remedy) : good(`valid until ${end}`)]
}
