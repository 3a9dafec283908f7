/** What central keeps one login from holding for ever, whatever its gateway, or a thief, asks for. */
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { type CentralSite, CentralSites } from '../support/central-sites.ts'
import { judgedProduction, saidOf } from '../support/production-check.ts'
import { securityCheck } from './security-check.ts'

const sites = CentralSites.use()

/** In seconds; none may be without end. */
const MOST = {
  statement_timeout: 60,
  lock_timeout: 30,
  idle_in_transaction_session_timeout: 60,
} as const
const MATTERS = ['limits of the role', 'connection limit']

async function judge(site: CentralSite): Promise<readonly string[]> {
  const { dba, role } = site
  const { rows } = await dba.query<{ limit: number }>(
    'SELECT rolconnlimit AS limit FROM pg_roles WHERE rolname = $1',
    [role],
  )
  const limit = rows[0]?.limit ?? -1
  const found = [
    ...(await timesOf(site)),
    ...(limit > 0 ? [] : ['the role may take every connection of the server']),
  ]
  if (limit > 0 && !(await isHeldTo(limit, site))) found.push(`more than ${limit} connections were let in`)
  const verdicts = await judgedProduction(site.settings)
  const missed = MATTERS.filter((what) => !saidOf(verdicts, what)[0]?.startsWith('good: '))
  return [...found, ...missed.map((what) => `central check is not content with "${what}"`)]
}

async function timesOf({ gateway }: CentralSite): Promise<readonly string[]> {
  const found: string[] = []
  for (const [name, most] of Object.entries(MOST)) {
    const { rows } = await gateway.query<{ seconds: number }>(
      `SELECT extract(epoch FROM current_setting($1)::interval)::float8 AS seconds`,
      [name],
    )
    const seconds = rows[0]?.seconds ?? 0
    if (seconds <= 0 || seconds > most) found.push(`${name} is ${seconds} s`)
  }
  return found
}

/** Logs in as often as is allowed, and once more. One session is open already. */
async function isHeldTo(limit: number, { settings: { connection }, gateway }: CentralSite): Promise<boolean> {
  await using opened = new AsyncDisposableStack()
  const open = async () => {
    const client = new Client({
      ...connection.hosts[0],
      database: connection.database,
      user: connection.user,
      password: connection.password?.reveal(),
    })
    client.on('error', () => undefined)
    await client.connect()
    opened.defer(() => client.end())
  }
  await gateway.query('SELECT 1')
  for (let count = 1; count < limit; count += 1) await open()
  // A session that has just ended may count for a moment.
  await wait(100)
  return await open().then(
    () => false,
    (error: { readonly code?: string }) => error.code === '53300',
  )
}

securityCheck({
  id: 'S19',
  title:
    'a login has a limit for statements, for locks, for transactions that stand still and for connections',
  judge,
  shipped: sites.of('rows'),
  weakened: {
    'no limit for statements': sites.of(
      'rows',
      'ALTER ROLE %role% IN DATABASE %database% SET statement_timeout = 0',
    ),
    'transactions may stand still': sites.of(
      'rows',
      'ALTER ROLE %role% IN DATABASE %database% SET idle_in_transaction_session_timeout = 0',
    ),
    'locks are waited for without end': sites.of(
      'rows',
      'ALTER ROLE %role% IN DATABASE %database% SET lock_timeout = 0',
    ),
    'as many connections as there are': sites.of('rows', 'ALTER ROLE %role% CONNECTION LIMIT -1'),
  },
})
