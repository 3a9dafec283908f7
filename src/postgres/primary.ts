/** Finds the primary among the hosts of a PostgreSQL. It never writes, and does not reconnect. */
import { DestinationError } from '../domain/errors.ts'
import { type ClockComparison, createClockComparison, type Now, SERVER_SECONDS } from './clock-comparison.ts'
import { readingAnswers, unreadable } from './guard.ts'
import { knownHole } from './known-holes.ts'
import { type Link, type LinkSettings, openLink } from './link.ts'
import type { ServerWarnings } from './server-warnings.ts'
import type { HostPort } from './settings.ts'

/** How the hosts are reached, and the clock that theirs is compared with. */
export interface PrimarySettings extends LinkSettings {
  readonly now: Now
}

/** An open link to a server that takes writes. */
export interface Primary {
  readonly link: Link
  /** Measured once; measuring it again is up to whoever uses the link. */
  readonly clock: ClockComparison
}

/**
 * Tries the hosts in turn until one is a primary and `work` succeeds on it. Whatever fails on a host counts against that
 * host only: a replica that answers first must not keep us from the primary.
 * @throws DestinationError `wait` with what each host said
 */
export async function onPrimary<T>(
  settings: PrimarySettings,
  signal: AbortSignal,
  work: (primary: Primary) => Promise<T>,
): Promise<T> {
  const refusals: DestinationError[] = []
  for (const host of settings.connection.hosts) {
    try {
      return await onHost(settings, host, signal, work)
    } catch (error) {
      if (!(error instanceof DestinationError) || signal.aborted) throw error
      refusals.push(error)
    }
  }
  throw allRefused(settings.name, refusals)
}

async function onHost<T>(
  settings: PrimarySettings,
  host: HostPort,
  signal: AbortSignal,
  work: (primary: Primary) => Promise<T>,
): Promise<T> {
  const link = await openLink(settings, host, signal)
  try {
    const clock = createClockComparison(settings.now)
    return await readingAnswers(link.peer, async () => {
      await provePrimary(link, clock, settings.warned)
      return work({ link, clock })
    })
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }
}

interface ServerState {
  readonly recovering: boolean
  readonly read_only: boolean
  readonly replication_role: string
  /** 150004 is 15.4; not there where something else answers in the server's place. */
  readonly version?: number
  readonly server_seconds: string
}

/** @throws DestinationError `wait` where nothing can be written now, or not as it should be */
async function provePrimary(link: Link, clock: ClockComparison, warned: ServerWarnings): Promise<void> {
  const answered = clock.ask()
  const { rows } = await link.query<ServerState>(
    `SELECT pg_catalog.pg_is_in_recovery() AS recovering,
       pg_catalog.current_setting('transaction_read_only')::boolean AS read_only,
       pg_catalog.current_setting('session_replication_role') AS replication_role,
       pg_catalog.current_setting('server_version_num')::int AS version,
       ${SERVER_SECONDS} AS server_seconds`,
  )
  const [server] = rows
  if (!server) throw unreadable(link.peer, 'no row')
  answered(server.server_seconds)
  const { name, where } = link.peer
  const hole = knownHole(server.version ?? Number.MAX_SAFE_INTEGER)
  if (hole !== undefined) warned(hole, where)
  if (server.recovering)
    throw takesNone(link, `${name} at ${where} is a replica`, `name the primary in ${name}.hosts`)
  if (server.read_only) throw await readOnly(link)
  if (server.replication_role === 'origin') return
  throw new DestinationError(
    `${name}-settings`,
    `${name} at ${where} checks no foreign key of what this role writes: session_replication_role is ${server.replication_role}`,
    {
      refusal: 'wait',
      hint: 'ask the DBA to ALTER ROLE … RESET session_replication_role, for the role, the database or the server',
    },
  )
}

function takesNone({ peer }: Link, message: string, hint: string): DestinationError {
  return new DestinationError(`${peer.name}-read-only`, message, { refusal: 'wait', hint })
}

/** By whom a default was given, as PostgreSQL calls it, and how it is taken back. */
const GIVERS: Readonly<Record<string, readonly [who: string, how: (names: Names) => string]>> = {
  user: ['the role', ({ role }) => `ALTER ROLE ${role}`],
  database: ['the database', ({ database }) => `ALTER DATABASE ${database}`],
  'database user': [
    'the role in this database',
    ({ role, database }) => `ALTER ROLE ${role} IN DATABASE ${database}`,
  ],
}

interface Names {
  readonly role: string
  readonly database: string
}

/** A primary that is read-only because somebody said so. That is respected, and named: another host would not help. */
async function readOnly(link: Link): Promise<DestinationError> {
  const { name, where } = link.peer
  const { rows } = await link.query<Names & { readonly source: string }>(
    `SELECT source, pg_catalog.quote_ident(current_user) AS role,
       pg_catalog.quote_ident(pg_catalog.current_database()) AS database
     FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) 'default_transaction_read_only'`,
  )
  const [names] = rows
  const giver = GIVERS[names?.source ?? '']
  if (!names || !giver) {
    const hint =
      'its DBA, or a provider whose disk is full, has set default_transaction_read_only; it ends when that is taken back'
    return takesNone(link, `${name} at ${where} takes no writes from anybody`, hint)
  }
  const [who, how] = giver
  const hint = `ask the DBA to ${how(names)} RESET default_transaction_read_only`
  return takesNone(link, `${name} at ${where} takes no writes: ${who} is set to read-only`, hint)
}

function allRefused(name: string, refusals: readonly DestinationError[]): DestinationError {
  const [first] = refusals
  if (!first)
    return new DestinationError(`${name}-link`, `no host of ${name} is configured`, { refusal: 'wait' })
  if (refusals.length === 1) return first
  // A server that answered knows more of what is to be done than one that cannot be reached.
  const { code, hint, sqlstate } = refusals.find((refusal) => refusal.code !== `${name}-link`) ?? first
  return new DestinationError(code, refusals.map(({ message }) => message).join('; '), {
    refusal: 'wait',
    sqlstate,
    ...(hint ? { hint } : {}),
  })
}
