/** Who holds the gateway up, or could. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { SessionFacts } from '../facts/sessions.ts'

const WAIT_MAX_MS = 10_000
const PREPARED_MAX_MS = 3_600_000

export function judgeSessions({ waiting, idleInTransaction, prepared }: SessionFacts): readonly Judgement[] {
  return [judgeWaiting(waiting), judgeIdle(idleInTransaction), judgePrepared(prepared)]
}

function judgeWaiting(waiting: SessionFacts['waiting']): Judgement {
  const { good, bad } = matter('locks')
  const long = waiting.filter(({ forMs }) => forMs > WAIT_MAX_MS)
  if (long.length === 0) return good('nobody waits for long on a table that the gateway writes')
  const blockers = [...new Set(long.flatMap(({ blockedBy }) => blockedBy))]
  return bad(
    long
      .map(
        ({ table, pid, forMs }) => `session ${pid} has waited for ${Math.round(forMs / 1_000)} s on ${table}`,
      )
      .join('; '),
    [
      `who they are (a member of pg_monitor): SELECT pid, usename, state, xact_start, query FROM pg_stat_activity WHERE pid IN (${blockers.join(', ')});`,
      `and to end them: ${blockers.map((pid) => `SELECT pg_terminate_backend(${pid});`).join(' ')}`,
    ].join('\n'),
  )
}

function judgeIdle(ofRole: number): Judgement {
  const { bad, unseen } = matter('idle in transaction')
  if (ofRole > 0)
    return bad(
      `${ofRole} sessions of this role stand idle in a transaction for over a minute, and hold their locks`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND state LIKE 'idle in transaction%' AND state_change < now() - interval '1 minute';`,
    )
  return unseen(
    'none of this role; those of others it cannot see',
    `a member of pg_monitor: SELECT pid, usename, now() - xact_start AS since FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' ORDER BY since DESC; a limit for all: ALTER DATABASE … SET idle_in_transaction_session_timeout = '10min';`,
  )
}

function judgePrepared(prepared: SessionFacts['prepared']): Judgement {
  const { good, bad } = matter('prepared transactions')
  const old = prepared.filter(({ forMs }) => forMs > PREPARED_MAX_MS)
  if (old.length === 0) return good('none is forgotten')
  return bad(
    `${old.length} have not been ended for over an hour: they hold locks, and vacuum back`,
    old
      .map(
        ({ name }) =>
          `ROLLBACK PREPARED '${name.replaceAll("'", "''")}'; or COMMIT PREPARED, as whoever began it says`,
      )
      .join('\n'),
  )
}
