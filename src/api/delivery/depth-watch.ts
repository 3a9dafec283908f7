/** Watches how much waits for the routes, so that a page can show the last hours and say when it will be gone. Bounded, in memory. */
import type { Instant } from '../../domain/instant.ts'
import type { Outbox, OutboxStats } from '../../domain/outbox.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Service } from '../../runtime/service.ts'

/** Often enough to see a batch go out. */
const LOOK_MS = 5_000
/** What a forecast is made from. */
const RECENT_MS = 3 * 60_000
const MINUTE_MS = 60_000
/** What the plot shows. */
const MINUTES_KEPT = 12 * 60

/** The log at one moment. */
export interface DepthSample {
  readonly at: Instant
  readonly lastSeq: number
  /** By the name of the route. */
  readonly pending: ReadonlyMap<string, number>
}

interface DepthOfMinute {
  /** The beginning of the minute, ms since 1970. */
  readonly atMs: number
  /** The most that waited in it for the slowest route that must deliver. */
  readonly pending: number
}

/** Looks while it runs. */
export interface DepthWatch extends Service {
  /** Of the last minutes, the oldest first. */
  readonly recent: readonly DepthSample[]
  /** Of the last hours, the oldest first. */
  readonly minutes: readonly DepthOfMinute[]
}

export function createDepthWatch(outbox: Pick<Outbox, 'stats'>, clock: Clock): DepthWatch {
  let recent: readonly DepthSample[] = []
  let minutes: readonly DepthOfMinute[] = []

  function note(stats: OutboxStats): void {
    const at = clock.now()
    const pending = new Map(stats.consumers.map((one) => [one.name, one.pending]))
    const young = recent.filter((sample) => at.monoMs - sample.at.monoMs <= RECENT_MS)
    recent = [...young, { at, lastSeq: stats.lastSeq, pending }]
    minutes = withMinute(minutes, at.wallMs, stats.pending)
  }

  return {
    name: 'depth watch',
    get recent() {
      return recent
    },
    get minutes() {
      return minutes
    },
    run: async (signal) => {
      while (!signal.aborted) {
        note(await outbox.stats())
        await clock.sleep(LOOK_MS, signal)
      }
    },
  }
}

/** A clock that was set back begins a minute of its own: nothing is written over. */
function withMinute(
  minutes: readonly DepthOfMinute[],
  wallMs: number,
  pending: number,
): readonly DepthOfMinute[] {
  const atMs = Math.floor(wallMs / MINUTE_MS) * MINUTE_MS
  const last = minutes.at(-1)
  if (last?.atMs === atMs)
    return [...minutes.slice(0, -1), { atMs, pending: Math.max(last.pending, pending) }]
  return [...minutes, { atMs, pending }].slice(-MINUTES_KEPT)
}
