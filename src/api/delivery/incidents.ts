/** What was written down at the destinations about this gateway: fences, gaps, losses, what people gave up or sent again. */
import type { RecordedIncident, Route } from '../../domain/destination.ts'
import { utcText } from '../../domain/instant.ts'
import type { IncidentShape, IncidentsShape } from './shapes.ts'
import { boundedly, type FaultShape, faultOf, type VisitParts } from './visits.ts'

const INCIDENTS_SHOWN = 100
const LOOK_MAX_MS = 20_000
/** A resend names every event that it sent. */
const DETAIL_LENGTH_MAX = 300

type OfRoute =
  | { readonly incidents: readonly IncidentShape[] }
  | { readonly fault: FaultShape & { readonly route: string } }

export async function incidentsEverywhere(parts: VisitParts, signal: AbortSignal): Promise<IncidentsShape> {
  const { routes } = await parts.visit()
  const found = await Promise.all(routes.map((route) => incidentsOf(route, parts, signal)))
  const incidents = found.flatMap((one) => ('incidents' in one ? one.incidents : []))
  return {
    incidents: incidents.toSorted((a, b) => b.at.localeCompare(a.at)).slice(0, INCIDENTS_SHOWN),
    faults: found.flatMap((one) => ('fault' in one ? one.fault : [])),
  }
}

async function incidentsOf(route: Route, parts: VisitParts, signal: AbortSignal): Promise<OfRoute> {
  const bounds = { clock: parts.clock, maxMs: LOOK_MAX_MS, signal }
  try {
    const recorded = await boundedly(route.name, (until) => recordedAt(route, parts, until), bounds)
    return { incidents: recorded.map((one) => incidentShape(route.name, one)) }
  } catch (error) {
    return { fault: { route: route.name, ...faultOf(error) } }
  }
}

async function recordedAt(
  route: Route,
  { outbox }: VisitParts,
  signal: AbortSignal,
): Promise<readonly RecordedIncident[]> {
  await using session = await route.destination.connect(signal, await outbox.recipient(route.name))
  return (await session.incidents?.(INCIDENTS_SHOWN)) ?? []
}

function incidentShape(route: string, { kind, atMs, detail }: RecordedIncident): IncidentShape {
  const fields = typeof detail === 'object' && detail !== null ? Object.entries(detail) : [['', detail]]
  const texts = fields.map(([name, value]) => [name, detailText(value)])
  return { route, kind, at: utcText(atMs), detail: Object.fromEntries(texts) }
}

function detailText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > DETAIL_LENGTH_MAX ? `${text.slice(0, DETAIL_LENGTH_MAX)}…` : text
}
