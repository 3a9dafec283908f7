/** Brings the rows of a mapped route along in the transaction of the MES's rows, where its stream stands within their batch. */
import { LEFT_OUT, type LogPosition } from '../../domain/outbox.ts'
import { headOf, Stream } from '../../postgres/stream.ts'
import type { RiddenBatch, Rider } from '../route-kind.ts'
import { applyEvents } from './apply.ts'
import type { MappedTarget } from './target.ts'

/** How far a route's stream was moved in transactions of the MES's rows, and until when it is not. */
export interface Ridden {
  at: LogPosition | undefined
  readonly pause: Rider['pause']
}

/** The stream of the route whose rows come along. */
interface RiderStream {
  /** The name of its stream. */
  readonly stream: string
  /** When its session was opened, ms since 1970. */
  readonly sinceMs: number
  /** Is moved with each ride that has arrived. */
  readonly ridden: Ridden
}

/** The rider of one session. */
export function createRider(target: MappedTarget, { stream, sinceMs, ridden }: RiderStream): Rider {
  return {
    searchPath: target.searchPath,
    pause: ridden.pause,
    ride: async (link, batch) =>
      mayTake(batch, sinceMs) ? ride({ ...target, link }, stream, batch) : undefined,
    arrived: (at) => {
      ridden.at = at
    },
  }
}

/**
 * An adoption may have left events out of the log for this route and not for the MES, or the other way round. All of these are older
 * than the session; the route's own uploader reads the log as it is meant for the route.
 */
function mayTake({ events }: RiddenBatch, sinceMs: number): boolean {
  return events.every(({ event, capturedAtMs }) => capturedAtMs >= sinceMs && event.kind !== LEFT_OUT)
}

async function ride(
  target: MappedTarget,
  name: string,
  batch: RiddenBatch,
): Promise<LogPosition | undefined> {
  const { link, organizationId, repertoire } = target
  const stream = new Stream(link, organizationId, name, repertoire)
  // Whoever holds it is bringing its rows at this moment.
  const [found] = await link.script(`${stream.headText} FOR UPDATE SKIP LOCKED`)
  const head = headOf(found?.rows[0])
  const events = head && eventsAfter(batch, head)
  if (!events) return undefined
  const leftOut = await applyEvents(target, events)
  if (leftOut.size > 0) throw new RideRefused('an event must be set aside, which the route does by itself')
  await stream.advance(batch.to)
  return batch.to
}

/** Ends a ride whose events cannot all be written: setting one aside is for the route's own uploader. */
class RideRefused extends Error {}

/** The events behind a position of the same history; undefined where it does not lie within the batch. */
function eventsAfter({ identity, from, events }: RiddenBatch, head: LogPosition & RiddenBatch['identity']) {
  if (head.incarnation !== identity.incarnation || head.epoch !== identity.epoch) return undefined
  const isHead = ({ seq, hash }: LogPosition) => seq === head.seq && Buffer.compare(hash, head.hash) === 0
  if (isHead(from)) return events
  const last = events.findIndex(isHead)
  return last < 0 ? undefined : events.slice(last + 1)
}
