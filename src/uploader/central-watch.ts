/** What the uploader says of central: one state, since when, and why; and what of it somebody should see to. */
import type { DestinationError } from '../domain/errors.ts'
import type { CentralHealth, CentralState, Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

/** The codes of everything that can be wrong with central as the uploader sees it. Alerts are named by them. */
export const CENTRAL_TROUBLES = {
  /** No session with central, for longer than {@link AWAY_GRACE_MS}. */
  away: 'central-away',
  /** Central answers, but cannot take the batch now: no privilege, no disk, another schema. As long as that. */
  waiting: 'central-waiting',
  /** Central holds another history of this gateway: nothing is written until somebody decides. */
  fenced: 'central-fenced',
  /** Rows that central refused for themselves wait in its quarantine. */
  quarantine: 'central-quarantine',
  /** The two clocks are too far apart for rows to be stamped unnoticed. */
  clock: 'central-clock',
} as const

/** Central may be away, or unable to take a batch, this long before anybody is bothered. */
const AWAY_GRACE_MS = 60_000
/** A gateway whose clock is further off central's than this has no business stamping rows unnoticed. */
const CLOCK_OFFSET_MAX_MS = 5_000

export type Standing = Pick<CentralHealth, 'state' | 'sinceMs' | 'cause'>

export interface CentralWatch {
  readonly standing: Standing
  /** Enters a state. Each change of state or cause is logged here, once. */
  become(state: CentralState, cause?: string): void
  /** Puts a failure down as central being away, or as waiting where it answers but cannot take the batch. */
  failed(error: DestinationError): void
}

export function createCentralWatch(clock: Clock, log: Log): CentralWatch {
  let standing: Standing = { state: 'connecting', sinceMs: clock.now().wallMs }
  const become = (state: CentralState, cause?: string, reason?: string) => {
    if (state === standing.state && cause === standing.cause) return
    const sinceMs = state === standing.state ? standing.sinceMs : clock.now().wallMs
    standing = { state, sinceMs, ...(cause === undefined ? {} : { cause }) }
    const code = codeOf(state)
    if (state === 'connected' && cause === undefined) log.info('central is connected')
    else log.warn({ central: state, code, reason, cause }, `central is ${state}`)
  }
  return {
    get standing() {
      return standing
    },
    become,
    failed: (error) => become(error.sqlstate === null ? 'away' : 'waiting', sentence(error), error.code),
  }
}

/** What somebody should see to. Each ends by itself with its cause. */
export function centralTroubles(central: CentralHealth, nowMs: number): readonly Trouble[] {
  return [...stateTroubles(central, nowMs), ...quarantineTroubles(central), ...clockTroubles(central)]
}

function stateTroubles({ state, sinceMs, cause }: CentralHealth, nowMs: number): readonly Trouble[] {
  const code = codeOf(state)
  if (code === undefined) return []
  if (state !== 'fenced' && nowMs - sinceMs <= AWAY_GRACE_MS) return []
  const otherwise =
    state === 'fenced' ? 'central holds another history of this gateway' : 'central cannot be reached'
  return [{ code, what: cause ?? otherwise, sinceMs }]
}

function quarantineTroubles({ quarantineCount }: CentralHealth): readonly Trouble[] {
  if (quarantineCount === 0) return []
  const what = `${quarantineCount} rows that central refused are in quarantine`
  const hint = 'see why with: millrace buffer quarantine list'
  return [{ code: CENTRAL_TROUBLES.quarantine, what, hint, sinceMs: null }]
}

function clockTroubles({ clockOffsetMs }: CentralHealth): readonly Trouble[] {
  if (Math.abs(clockOffsetMs ?? 0) <= CLOCK_OFFSET_MAX_MS) return []
  const what = `this clock and central's differ by ${clockOffsetMs} ms`
  return [{ code: CENTRAL_TROUBLES.clock, what, hint: 'set up time synchronisation', sinceMs: null }]
}

/** Undefined for a state that is none. One that still connects is as good as away. */
function codeOf(state: CentralState): string | undefined {
  if (state === 'connected') return undefined
  return CENTRAL_TROUBLES[state === 'connecting' ? 'away' : state]
}

function sentence({ message, hint }: DestinationError): string {
  return hint === undefined ? message : `${message}; ${hint}`
}
