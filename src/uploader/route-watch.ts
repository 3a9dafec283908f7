/** What the uploader says of a route's destination: one state, since when, and why; and what of it somebody should see to. */
import type { RefusedEvent } from '../domain/destination.ts'
import { type DestinationError, withHint } from '../domain/errors.ts'
import type { RouteState, Trouble, UploadHealth } from '../domain/health.ts'
import type { Consumer } from '../domain/outbox.ts'
import { ownerCode } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

/**
 * Everything that can be wrong with a destination as the uploader sees it. A trouble's code is the route's name and one of
 * these, `central-away` for instance; alerts are named by it.
 */
const TROUBLES = {
  /** No session with the destination, for longer than {@link AWAY_GRACE_MS}. */
  away: 'away',
  /** It answers, but cannot take the batch now: no privilege, no disk, another schema. As long as that. */
  waiting: 'waiting',
  /** It holds another history of this gateway: nothing is written until somebody decides. */
  fenced: 'fenced',
  /** It lacks events that are no longer kept here. Shown until the connection ends; its incidents keep it for ever. */
  gap: 'gap',
  /** Rows that it refused for themselves wait in its quarantine. */
  quarantine: 'quarantine',
  /** The two clocks are too far apart for rows to be stamped unnoticed. */
  clock: 'clock',
} as const

/** A destination may be away, or unable to take a batch, this long before anybody is bothered. */
const AWAY_GRACE_MS = 60_000
/** A connection that has lasted so long is steady: what was lost before it counts no more. */
const STEADY_AFTER_MS = 60_000
/** So many losses, with no steady connection between them, may be those of a server that is restarted. */
const LOSSES_MAX = 4
/** A gateway whose clock is further off than this has no business stamping rows unnoticed. */
const CLOCK_OFFSET_MAX_MS = 5_000

/** The state that a destination is in. */
type DestinationStanding = Pick<UploadHealth, 'state' | 'sinceMs' | 'cause'>

/** The present state of one destination. */
export interface RouteWatch {
  readonly standing: DestinationStanding
  /** The trouble of a connection that is lost again and again, which is never away for long enough to be one for that. */
  unsteady(nowMs: number): readonly Trouble[]
  /** Logs that rows which the destination refused for themselves are in quarantine. */
  refused(rows: readonly RefusedEvent[], lastSeq: number): void
  /** Enters a state. Each change of state or cause is logged here, once. */
  become(state: RouteState, cause?: string): void
  /** Puts a failure down as the destination being away, or as waiting where it answers but cannot take the batch. */
  failed(error: DestinationError): void
}

/** Begins as `connecting`. */
export function createRouteWatch({ name }: Pick<Consumer, 'name'>, clock: Clock, log: Log): RouteWatch {
  let standing: DestinationStanding = { state: 'connecting', sinceMs: clock.now().wallMs }
  let losses: Losses = { count: 0, sinceMs: 0, cause: '' }
  const become = (state: RouteState, cause?: string, reason?: string) => {
    if (state === standing.state && cause === standing.cause) return
    if (standing.state === 'connected' && state !== 'connected')
      losses = oneMore(losses, standing, { nowMs: clock.now().wallMs, cause })
    const sinceMs = state === standing.state ? standing.sinceMs : clock.now().wallMs
    standing = { state, sinceMs, ...(cause === undefined ? {} : { cause }) }
    const code = codeOf(name, standing)
    if (state === 'connected' && cause === undefined)
      log.info({ event: 'route-connected', route: name }, `${name} is connected`)
    else
      log.warn(
        { event: 'route-interrupted', route: name, [name]: state, code, reason, cause },
        `${name} is ${state}`,
      )
  }
  return {
    get standing() {
      return standing
    },
    unsteady: (nowMs) => unsteadyTroubles(name, losses, standing, nowMs),
    refused: (rows, lastSeq) => logRefused(log, name, rows, lastSeq),
    become,
    failed: (error) =>
      become(error.sqlstate === null ? 'away' : 'waiting', withHint(error.message, error.hint), error.code),
  }
}

function logRefused(log: Log, name: string, rows: readonly RefusedEvent[], lastSeq: number): void {
  const [first] = rows
  if (!first) return
  const { subject } = first.event.event
  log.warn(
    { event: 'quarantine-begun', code: quarantineCode(name), setAside: rows.length, subject, lastSeq },
    `${name} refused rows for themselves, which are in quarantine: ${ownerCode(subject)}: ${first.reason}`,
  )
}

/** Connections that were lost one soon after the other. */
interface Losses {
  readonly count: number
  readonly sinceMs: number
  /** Of the last one. */
  readonly cause: string
}

function oneMore(
  before: Losses,
  { sinceMs }: DestinationStanding,
  { nowMs, cause = '' }: { readonly nowMs: number; readonly cause: string | undefined },
): Losses {
  const wasSteady = before.count === 0 || nowMs - sinceMs >= STEADY_AFTER_MS
  return wasSteady ? { count: 1, sinceMs: nowMs, cause } : { ...before, count: before.count + 1, cause }
}

/** None while the destination is away for long or fenced, which is a trouble of its own. */
function unsteadyTroubles(
  name: string,
  { count, sinceMs, cause }: Losses,
  standing: DestinationStanding,
  nowMs: number,
): readonly Trouble[] {
  const lastedMs = nowMs - standing.sinceMs
  const isSteady = standing.state === 'connected' && lastedMs >= STEADY_AFTER_MS
  const isNamed = standing.state === 'fenced' || (standing.state !== 'connected' && lastedMs > AWAY_GRACE_MS)
  if (count <= LOSSES_MAX || isSteady || isNamed || nowMs - sinceMs <= AWAY_GRACE_MS) return []
  const what = `${name} comes and goes, ${count} times by now: ${cause}`
  return [{ code: `${name}-${TROUBLES.away}`, what, sinceMs }]
}

/** What somebody should see to. Each ends by itself with its cause. */
export function routeTroubles(health: UploadHealth, nowMs: number): readonly Trouble[] {
  return [...stateTroubles(health, nowMs), ...quarantineTroubles(health), ...clockTroubles(health)]
}

function stateTroubles(health: UploadHealth, nowMs: number): readonly Trouble[] {
  const { route, state, sinceMs, cause } = health
  const code = codeOf(route, health)
  if (code === undefined) return []
  if (state !== 'fenced' && state !== 'connected' && nowMs - sinceMs <= AWAY_GRACE_MS) return []
  const otherwise =
    state === 'fenced' ? `${route} holds another history of this gateway` : `${route} cannot be reached`
  return [{ code, what: cause ?? otherwise, sinceMs }]
}

function quarantineTroubles({ route, quarantineCount, refused }: UploadHealth): readonly Trouble[] {
  if (quarantineCount === 0) return []
  const [first] = refused
  const rows = quarantineCount === 1 ? '1 row' : `${quarantineCount} rows`
  const what = `${rows} that ${route} refused ${quarantineCount === 1 ? 'is' : 'are'} in quarantine`
  const example = first ? `, such as ${first.count} of ${first.machine}: ${first.reason}` : ''
  const hint =
    'once that is mended they land by themselves; see them with: millrace buffer quarantine list; ' +
    `give up what nobody wants with: millrace buffer quarantine discard SEQ --route ${route} --why TEXT`
  return [{ code: quarantineCode(route), what: what + example, hint, sinceMs: null }]
}

function quarantineCode(route: string): string {
  return `${route}-${TROUBLES.quarantine}`
}

function clockTroubles({ route, clockOffsetMs }: UploadHealth): readonly Trouble[] {
  if (Math.abs(clockOffsetMs ?? 0) <= CLOCK_OFFSET_MAX_MS) return []
  const what = `this clock and ${route}'s differ by ${clockOffsetMs} ms`
  return [{ code: `${route}-${TROUBLES.clock}`, what, hint: 'set up time synchronisation', sinceMs: null }]
}

/**
 * Undefined for a state that is no trouble. A destination that is still being connected to is as good as away. One that is
 * connected has a cause only where it lacks events.
 */
function codeOf(route: string, { state, cause }: DestinationStanding): string | undefined {
  if (state === 'connected') return cause === undefined ? undefined : `${route}-${TROUBLES.gap}`
  return `${route}-${TROUBLES[state === 'connecting' ? 'away' : state]}`
}
