/** Finds the primary among the hosts of a PostgreSQL. It never writes, and does not reconnect. */
import { DestinationError } from '../domain/errors.ts'
import { type Link, type LinkSettings, openLink } from './link.ts'
import type { HostPort } from './settings.ts'

/** Reads both clocks of the gateway at one moment. */
type Now = () => { readonly wallMs: number; readonly monoMs: number }

/** How the hosts are reached, and the clock that theirs is compared with. */
export interface PrimarySettings extends LinkSettings {
  readonly now: Now
}

/** An open link to a server that takes writes. */
export interface Primary {
  readonly link: Link
  /** The server's clock minus ours, in ms. */
  readonly clockOffsetMs: number
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
    return await work({ link, clockOffsetMs: await provePrimary(link, settings.now) })
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }
}

interface ServerState {
  readonly recovering: boolean
  readonly read_only: boolean
  readonly now_ms: number
}

/** @returns the server's clock minus ours in ms; question and answer are taken to travel equally long */
async function provePrimary(link: Link, now: Now): Promise<number> {
  const asked = now()
  const { rows } = await link.query<ServerState>(
    // In full, and of types that fit: no search path is set yet, so nobody else's function or operator may fit better.
    `SELECT pg_catalog.pg_is_in_recovery() AS recovering,
       pg_catalog.current_setting('transaction_read_only')::boolean AS read_only,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())::float8
         OPERATOR(pg_catalog.*) 1000::float8 AS now_ms`,
  )
  const tookMs = now().monoMs - asked.monoMs
  const [server] = rows
  if (!server || server.recovering || server.read_only) {
    const { name, where } = link.peer
    const what = server?.recovering ? 'is a replica' : 'takes no writes'
    throw new DestinationError(`${name}-read-only`, `${name} at ${where} ${what}`, {
      refusal: 'wait',
      hint: `name the primary in ${name}.hosts`,
    })
  }
  return Math.round(server.now_ms - (asked.wallMs + tookMs / 2))
}

function allRefused(name: string, refusals: readonly DestinationError[]): DestinationError {
  const [first] = refusals
  if (!first)
    return new DestinationError(`${name}-link`, `no host of ${name} is configured`, { refusal: 'wait' })
  if (refusals.length === 1) return first
  const { code, hint, sqlstate } = refusals.at(-1) ?? first
  return new DestinationError(code, refusals.map(({ message }) => message).join('; '), {
    refusal: 'wait',
    sqlstate,
    ...(hint ? { hint } : {}),
  })
}
