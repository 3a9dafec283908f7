/** Tells a destination which events were lost with a damaged log: only there can anybody miss them. */
import type { DestinationSession, Incident } from '../domain/destination.ts'
import { utcText } from '../domain/instant.ts'
import type { Loss, Outbox } from '../domain/outbox.ts'
import { writeIfPossible } from './acknowledge.ts'

/** Stretches named in one incident; how many more there are is only counted. */
const STRETCHES_MAX = 1_000

/** Writes down at the destination what it was not told of yet. @throws DestinationError, StoreError */
export async function tellLosses(session: DestinationSession, outbox: Outbox): Promise<void> {
  const losses = await outbox.losses()
  if (losses.length === 0) return
  await session.transaction(async (transaction) => {
    // An earlier try may have been committed although its answer was lost.
    for (const incident of lossIncidents(losses)) await transaction.record(incident, { once: true })
  })
  await writeIfPossible(() => outbox.lossesTold(losses.map(({ id }) => id)))
}

/** One incident for each log that was damaged. */
export function lossIncidents(losses: readonly Loss[]): readonly Incident[] {
  const byLog = Map.groupBy(losses, ({ incarnation, atMs }) => `${incarnation} ${atMs}`)
  return [...byLog.values()].map((stretches) => lossIncident(stretches))
}

function lossIncident(stretches: readonly Loss[]): Incident {
  const [first] = stretches
  const events = stretches.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0)
  const detail = {
    incarnation: first?.incarnation ?? null,
    damage: first?.damage ?? '',
    at: utcText(first?.atMs ?? 0),
    events,
    stretches: stretches.slice(0, STRETCHES_MAX).map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq]),
    moreStretches: Math.max(0, stretches.length - STRETCHES_MAX),
  }
  return { kind: 'loss', detail }
}
