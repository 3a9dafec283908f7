/** When what waits for a route will be gone, as far as the last minutes say. Nothing is promised that was not measured. */
import { elapsedMs } from '../../domain/instant.ts'
import type { DepthSample } from './depth-watch.ts'
import type { ForecastShape } from './shapes.ts'

/** A shorter look shows single batches, and no rate. */
const MEASURED_MIN_MS = 20_000
const MINUTE_MS = 60_000
/** What waits for less than this at the present rate is on its way, and no backlog. */
const ON_ITS_WAY_MS = 15_000
const FEW_EVENTS = 10

interface Measured {
  readonly inPerMs: number
  readonly outPerMs: number
  readonly overMs: number
}

/**
 * @param sinceMs since when the route is as it is now, ms since 1970: what was measured before says nothing of now
 */
export function forecast(
  route: string,
  pending: number,
  { samples, sinceMs }: { readonly samples: readonly DepthSample[]; readonly sinceMs: number },
): ForecastShape {
  const usable = samples.filter(({ at, pending }) => at.wallMs >= sinceMs && pending.has(route))
  const measured = measure(route, usable)
  if (!measured) return { ...NOTHING_MEASURED, outlook: pending === 0 ? 'empty' : 'unknown' }
  const { inPerMs, outPerMs, overMs } = measured
  return {
    ...outlookOf(pending, measured),
    in_per_min: rounded(inPerMs * MINUTE_MS),
    out_per_min: rounded(outPerMs * MINUTE_MS),
    measured_s: Math.round(overMs / 1_000),
  }
}

const NOTHING_MEASURED = { minutes: null, in_per_min: null, out_per_min: null, measured_s: 0 } as const

function measure(route: string, samples: readonly DepthSample[]): Measured | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return undefined
  const overMs = elapsedMs(first.at, last.at)
  if (overMs < MEASURED_MIN_MS) return undefined
  const came = last.lastSeq - first.lastSeq
  const more = (last.pending.get(route) ?? 0) - (first.pending.get(route) ?? 0)
  // An event that was removed before its route had it has gone out as well, as far as the depth is concerned.
  return { inPerMs: came / overMs, outPerMs: Math.max(0, came - more) / overMs, overMs }
}

function outlookOf(
  pending: number,
  { inPerMs, outPerMs }: Measured,
): Pick<ForecastShape, 'outlook' | 'minutes'> {
  if (pending === 0) return { outlook: 'empty', minutes: null }
  const isOnItsWay = outPerMs > 0 && pending <= Math.max(FEW_EVENTS, outPerMs * ON_ITS_WAY_MS)
  if (isOnItsWay) return { outlook: 'keeps-up', minutes: null }
  const fewerPerMs = outPerMs - inPerMs
  if (fewerPerMs > 0)
    return { outlook: 'drains', minutes: Math.max(1, Math.round(pending / fewerPerMs / MINUTE_MS)) }
  return { outlook: fewerPerMs < 0 ? 'grows' : 'stands', minutes: null }
}

function rounded(perMinute: number): number {
  return perMinute < 10 ? Math.round(perMinute * 10) / 10 : Math.round(perMinute)
}
