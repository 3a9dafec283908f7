/** Whether standbys follow, and whether one that is gone holds the server up. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { ReplicationFacts } from '../facts/replication.ts'
import type { ServerSettings } from '../facts/settings.ts'

const LAG_MAX_MS = 60_000
const GIBIBYTE = 1_073_741_824
/** Log kept for a slot that nobody reads. */
const KEPT_MAX_BYTES = GIBIBYTE

export function judgeReplication(found: ReplicationFacts, settings: ServerSettings): readonly Judgement[] {
  return [judgeStandbys(found), judgeSlots(found, settings), judgeSynchronous(found, settings)]
}

function judgeStandbys({ standbys }: ReplicationFacts): Judgement {
  const { good, advice, bad, unseen } = matter('standbys')
  if (standbys.length === 0)
    return advice('none: a lost server means a restore', 'set a standby up (docs/central.md, "Failover")')
  const late = standbys.filter(({ lagMs }) => lagMs !== null && lagMs > LAG_MAX_MS)
  if (late.length > 0)
    return bad(
      `behind by more than a minute: ${late.map(({ name }) => name).join(', ')}`,
      'look at its disk, its network, and its long queries',
    )
  if (standbys.every(({ name }) => name === null))
    return unseen(
      `${standbys.length} connected; how far behind, this role cannot see`,
      'a member of pg_monitor: SELECT application_name, state, sync_state, replay_lag FROM pg_stat_replication;',
    )
  return good(`${standbys.map(({ name }) => name).join(', ')}, none behind by more than a minute`)
}

function judgeSlots({ slots }: ReplicationFacts, settings: ServerSettings): Judgement {
  const { good, advice, bad } = matter('replication slots')
  const lost = slots.filter(({ state }) => state === 'lost')
  const holding = slots.filter(({ active, keptBytes }) => !active && (keptBytes ?? 0) > KEPT_MAX_BYTES)
  const faults = [
    ...lost.map(({ name }) => `${name} has lost the log that it needs`),
    ...holding.map(
      ({ name, keptBytes }) => `${name} is read by nobody and holds ${gibibytes(keptBytes)} GB of log`,
    ),
  ]
  if (faults.length > 0) {
    const drop = [...new Set([...lost, ...holding])].map(
      ({ name }) => `SELECT pg_drop_replication_slot('${name.replaceAll("'", "''")}');`,
    )
    return bad(
      faults.join('; '),
      ['bring its reader back, or, where it is gone for good:', ...drop].join('\n'),
    )
  }
  const named = slots.map(({ name }) => name).join(', ')
  if (slots.length > 0 && settings.get('max_slot_wal_keep_size') === '-1')
    return advice(
      `${named}; one whose reader is gone may fill the disk`,
      `ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf(); (less than the disk has room for)`,
    )
  return good(slots.length === 0 ? 'none' : named)
}

function gibibytes(bytes: number | null): string {
  return ((bytes ?? 0) / GIBIBYTE).toFixed(1)
}

function judgeSynchronous({ standbys }: ReplicationFacts, settings: ServerSettings): Judgement {
  const { good, bad, unseen } = matter('synchronous standbys')
  const names = settings.get('synchronous_standby_names') ?? ''
  if (names === '') return good('none is named, so no commit waits for one')
  const remedy =
    'bring it back, or take it out: ALTER SYSTEM SET synchronous_standby_names = …; SELECT pg_reload_conf();'
  if (standbys.length === 0)
    return bad(`"${names}", and no standby is connected: every commit waits for ever`, remedy)
  const seen = standbys.flatMap(({ name }) => name ?? [])
  if (seen.length === 0)
    return unseen(
      `"${names}"; this role cannot see which of them are connected`,
      'a member of pg_monitor: SELECT application_name, sync_state FROM pg_stat_replication;',
    )
  const missing = namedIn(names).filter((name) => name !== '*' && !seen.includes(name))
  if (missing.length === 0) return good(`"${names}", all connected`)
  return bad(`"${names}", and not connected: ${missing.join(', ')}`, remedy)
}

/** `ANY 1 (a, "b")`, `FIRST 2 (a, b)`, `2 (a, b)` or `a, b`. */
function namedIn(names: string): readonly string[] {
  const list = /\((.*)\)/.exec(names)?.[1] ?? names
  return list.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
}
