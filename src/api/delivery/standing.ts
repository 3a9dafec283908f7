/** What the page of delivery shows at a glance: all of it is known here, whether or not a destination answers. */
import type { RouteHealth, UploadHealth } from '../../domain/health.ts'
import { utcText } from '../../domain/instant.ts'
import type { Outbox, OutboxStats } from '../../domain/outbox.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { DepthWatch } from './depth-watch.ts'
import { forecast } from './forecast.ts'
import type { DeliveryShape, RouteStandingShape } from './shapes.ts'

/** What is known here of delivery. */
export interface LocalParts {
  readonly outbox: Pick<Outbox, 'stats' | 'losses' | 'replacedDamage'>
  /** All routes as their uploaders find them, central first. */
  readonly standings: () => readonly (UploadHealth | RouteHealth)[]
  readonly depth: Pick<DepthWatch, 'recent' | 'minutes'>
  readonly clock: Pick<Clock, 'now'>
}

export async function deliveryStanding(parts: LocalParts): Promise<DeliveryShape> {
  const { outbox, standings, depth, clock } = parts
  const [stats, losses, replaced] = await Promise.all([
    outbox.stats(),
    outbox.losses(),
    outbox.replacedDamage(),
  ])
  return {
    outbox: {
      pending: stats.pending,
      oldest_at: momentOrNull(stats.oldestPendingAtMs),
      last_seq: stats.lastSeq,
      bytes: stats.bytes,
      max_bytes: stats.maxBytes,
      held_open_bytes: stats.heldOpenBytes,
      blocked: stats.blocked,
    },
    routes: standings().map((health, index) =>
      routeStanding(health, stats, { depth, isCentral: index === 0 }),
    ),
    depth: depth.minutes.map(({ atMs, pending }) => ({ at: utcText(atMs), pending })),
    losses: losses.map(({ firstSeq, lastSeq, damage, atMs }) => ({
      first_seq: firstSeq,
      last_seq: lastSeq,
      damage,
      at: utcText(atMs),
    })),
    replaced: replaced && { damage: replaced.damage, at: utcText(replaced.atMs) },
    now: utcText(clock.now().wallMs),
  }
}

function routeStanding(
  health: UploadHealth | RouteHealth,
  { consumers }: OutboxStats,
  { depth, isCentral }: { readonly depth: Pick<DepthWatch, 'recent'>; readonly isCentral: boolean },
): RouteStandingShape {
  const { route, must, state, sinceMs, cause = null } = health
  const consumer = consumers.find(({ name }) => name === route)
  const pending = consumer?.pending ?? 0
  const uploaded = 'lastSeq' in health ? health : undefined
  return {
    route,
    is_central: isCentral,
    must,
    state,
    since: utcText(sinceMs),
    cause,
    pending,
    oldest_at: momentOrNull(consumer?.oldestPendingAtMs ?? null),
    missed: consumer?.missed ?? 0,
    last_seq: uploaded?.lastSeq ?? null,
    clock_offset_ms: uploaded?.clockOffsetMs ?? null,
    quarantined: uploaded?.quarantineCount ?? 0,
    forecast: forecast(route, pending, { samples: depth.recent, sinceMs }),
  }
}

function momentOrNull(atMs: number | null): string | null {
  return atMs === null ? null : utcText(atMs)
}
