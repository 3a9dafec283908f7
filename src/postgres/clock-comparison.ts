/**
 * The server's clock against ours. A question says how far they differ only as exactly as its answer is fast: the server read its
 * clock at some moment between. So each answer gives two bounds, and only what lies outside of both of them is claimed.
 */
import type { Link } from './link.ts'

/** Reads both clocks of the gateway at one moment. */
export type Now = () => { readonly wallMs: number; readonly monoMs: number }

/** The server's clock in seconds since 1970, for a SELECT. How many digits a number of floating point shows is a setting of the role. */
export const SERVER_SECONDS = 'extract(epoch FROM pg_catalog.clock_timestamp())::numeric(20, 6)'

/** How far the server's clock is from ours, as far as it is proven. */
export interface ClockComparison {
  /** The server's clock minus ours in ms, and the least that is proven: 0 where they may agree. */
  readonly offsetMs: number
  /** To be called when the server is asked; what it returns, with the answer. */
  ask(): (serverSeconds: unknown) => void
}

/** A clock that nothing is known of yet. */
export function createClockComparison(now: Now): ClockComparison {
  /** The offset is not below the one and not above the other. */
  let bounds = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY }
  return {
    get offsetMs() {
      const { least, most } = bounds
      return Math.round(least > 0 ? least : Math.min(most, 0))
    },
    ask: () => {
      const asked = now()
      return (serverSeconds) => {
        const serverMs = Number(serverSeconds) * 1_000
        if (!Number.isFinite(serverMs)) return
        const most = serverMs - asked.wallMs
        const least = most - (now().monoMs - asked.monoMs)
        // An earlier and faster answer still counts, unless it contradicts this one: then a clock was set meanwhile.
        const contradicts = least > bounds.most || most < bounds.least
        bounds = contradicts
          ? { least, most }
          : { least: Math.max(least, bounds.least), most: Math.min(most, bounds.most) }
      }
    },
  }
}

/** Asks for nothing but the clock. */
export async function askClock(link: Link, clock: ClockComparison): Promise<void> {
  const answered = clock.ask()
  const { rows } = await link.query<{ server_seconds: number }>(`SELECT ${SERVER_SECONDS} AS server_seconds`)
  answered(rows[0]?.server_seconds)
}
