/** Whether a gateway that hangs, or somebody with its password, can hold locks and places for ever. */
import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { RoleLimits } from '../facts/role-limits.ts'

/** What `central sql` sets for the role. Zero, or none, is no limit. */
const LIMITS = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'tcp_keepalives_idle',
]

export function judgeRoleLimits(limits: RoleLimits): Judgement {
  const { good, advice } = matter('limits of the role')
  const lacking = LIMITS.filter((name) => /^0*(\D|$)/.test(limits.get(name) ?? ''))
  if (lacking.length > 0)
    return advice(
      `none for ${lacking.join(', ')}: a session that hangs keeps its locks`,
      'run what `millrace central sql` prints again: it sets them',
    )
  return good(LIMITS.map((name) => `${name} ${limits.get(name)}`).join(', '))
}
