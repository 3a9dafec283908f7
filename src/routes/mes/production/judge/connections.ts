/** Whether there is room for the gateway's connections, and whether its role can take the room of others. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { ConnectionFacts } from '../facts/connections.ts'

/** One that stays, one for reference data, and one for a command. */
const CONNECTIONS_PER_GATEWAY = 3
/** Of the places, from which on the next peak is refused. */
const CROWDED = 0.8

/** @param routes how many mapped routes this gateway has: each keeps a connection of its own */
export function judgeConnections(found: ConnectionFacts, routes = 0): readonly Judgement[] {
  const needed = Math.max(found.gateways, 1) * (CONNECTIONS_PER_GATEWAY + routes)
  return [judgePlaces(found, needed), judgeLimit(found, needed), ...judgeDatabaseLimit(found, needed)]
}

function judgePlaces({ places, taken, ofRole }: ConnectionFacts, needed: number): Judgement {
  const { good, advice, bad } = matter('connections')
  const said = `${taken} of ${places} are taken`
  const remedy =
    'find who holds them (SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1;), put a pooler before the MES, or raise max_connections (a restart)'
  if (places - taken < needed - ofRole)
    return bad(`${said}: fewer are free than the gateways need (${needed})`, remedy)
  return taken > places * CROWDED
    ? advice(said, remedy)
    : good(`${said}; the gateways of this role need ${needed}`)
}

function judgeLimit({ roleLimit, role }: ConnectionFacts, needed: number): Judgement {
  const { good, advice, bad } = matter('connection limit')
  const set = `ALTER ROLE ${role} CONNECTION LIMIT ${needed * 2};`
  if (roleLimit === null)
    return advice('the role has none: whoever has its password can take every place of the server', set)
  if (roleLimit < needed) return bad(`${roleLimit}, and the gateways of this role need up to ${needed}`, set)
  return good(`${roleLimit} for the role`)
}

function judgeDatabaseLimit({ databaseLimit }: ConnectionFacts, needed: number): readonly Judgement[] {
  if (databaseLimit === null || databaseLimit >= needed) return []
  const { bad } = matter('connection limit of the database')
  return [bad(`${databaseLimit}, and the gateways need ${needed}`, 'ALTER DATABASE … CONNECTION LIMIT -1;')]
}
