/**
 * The central database as a PostgreSQL: finds a primary among the hosts, proves who we are there, and hands out a session.
 *
 * It never writes outside a transaction, never relies on `search_path` or on anything kept in a pooled session, never
 * chooses its tenant itself, and never assumes how a commit ended. It does not reconnect: the uploader does.
 */
import type { Destination, DestinationSession } from '../../domain/destination.ts'
import { DestinationError } from '../../domain/errors.ts'
import { type Link, openLink } from '../../postgres/link.ts'
import { createSession } from '../../postgres/session.ts'
import type { HostPort } from '../../postgres/settings.ts'
import { createCodeBook } from './codes.ts'
import { tablesIn } from './names.ts'
import type { CentralSettings } from './settings.ts'
import { findTenant } from './tenant.ts'

export function createPostgresCentral(settings: CentralSettings): Destination {
  return {
    connect: (signal) => onPrimary(settings, signal, (primary) => sessionOn(primary, settings)),
  }
}

export interface Primary {
  readonly link: Link
  /** The server's clock minus ours. */
  readonly clockOffsetMs: number
}

/**
 * Tries the hosts in turn until one is a primary and `work` succeeds on it. Whatever fails on a host counts against that
 * host only: a replica that answers first must not keep us from the primary.
 * @throws DestinationError `wait` with what each host said
 */
export async function onPrimary<T>(
  settings: CentralSettings,
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
  throw allRefused(refusals)
}

async function onHost<T>(
  settings: CentralSettings,
  host: HostPort,
  signal: AbortSignal,
  work: (primary: Primary) => Promise<T>,
): Promise<T> {
  const link = await openLink(settings, host, signal)
  try {
    return await work({ link, clockOffsetMs: await provePrimary(link, settings) })
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }
}

interface Standing {
  readonly recovering: boolean
  readonly read_only: boolean
  readonly now_ms: number
}

/** @returns central's clock minus ours, taking the answer to have needed as long as the question */
async function provePrimary(link: Link, { now }: CentralSettings): Promise<number> {
  const asked = now()
  const { rows } = await link.query<Standing>(
    `SELECT pg_is_in_recovery() AS recovering, current_setting('transaction_read_only')::boolean AS read_only,
       (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms`,
  )
  const tookMs = now().monoMs - asked.monoMs
  const [standing] = rows
  if (!standing || standing.recovering || standing.read_only) {
    const what = standing?.recovering ? 'is a replica' : 'takes no writes'
    throw new DestinationError('central-read-only', `central at ${link.where} ${what}`, {
      refusal: 'wait',
      hint: 'name the primary in central.hosts',
    })
  }
  return Math.round(standing.now_ms - (asked.wallMs + tookMs / 2))
}

async function sessionOn(
  { link, clockOffsetMs }: Primary,
  settings: CentralSettings,
): Promise<DestinationSession> {
  const { schema, gateway, machineStatus } = settings
  const tenant = await findTenant(link, settings)
  const { organizationId } = tenant
  const tables = tablesIn(schema)
  const codes = createCodeBook(link, tables, organizationId)
  const target = { link, tables, codes, organizationId, machineStatus }
  return createSession(target, tenant, { gateway, clockOffsetMs })
}

function allRefused(refusals: readonly DestinationError[]): DestinationError {
  const [first] = refusals
  if (!first)
    return new DestinationError('central-link', 'no host of central is configured', { refusal: 'wait' })
  if (refusals.length === 1) return first
  const { code, hint, sqlstate } = refusals.at(-1) ?? first
  return new DestinationError(code, refusals.map(({ message }) => message).join('; '), {
    refusal: 'wait',
    sqlstate,
    ...(hint ? { hint } : {}),
  })
}
