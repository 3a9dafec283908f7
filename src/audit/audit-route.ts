/**
 * Whether a route other than central stands where the log says, and what it still lacks. Its rows are not compared: what becomes of
 * an event in tables of a site, or behind a broker, nobody here can know.
 */
import type { LogReader } from '../buffer/log-reader.ts'
import type { Route, StreamHead } from '../domain/destination.ts'
import type { Recipient } from '../domain/recipient.ts'

/** What was found of one route. */
export interface RouteAudit {
  readonly route: string
  /** The last event that it has acknowledged, as the log says. */
  readonly acknowledged: number
  /** How far its destination has come, and in which log; null where it knows no stream of this gateway. */
  readonly stands: Pick<StreamHead, 'incarnation' | 'epoch' | 'seq'> | null
  /** False when the destination follows another log, or has not come as far as it acknowledged. */
  readonly inStep: boolean
  /** Kept events that it has not acknowledged. */
  readonly pending: number
  /** Events that were set aside for it. */
  readonly quarantined: number
}

/** What the log says of a route at one moment. */
export interface RoutePlace {
  readonly incarnation: string
  /** The last event that the route has acknowledged. */
  readonly acknowledged: number
  /** The events that are kept, as {@link LogReader.kept} says them. */
  readonly kept: { readonly first: number; readonly last: number }
  readonly recipient: Recipient | undefined
}

/** @throws StoreError when the log cannot be read */
export function placeIn(log: LogReader, route: string): RoutePlace {
  return {
    incarnation: log.identity.incarnation,
    acknowledged: log.acknowledged(route),
    kept: log.kept(),
    recipient: log.recipient(route),
  }
}

/**
 * It only reads.
 * @param place of before: what is taken between the two questions is then not expected of the destination
 * @throws DestinationError when the destination cannot be asked
 */
export async function auditRoute(route: Route, place: RoutePlace, signal: AbortSignal): Promise<RouteAudit> {
  const { incarnation, acknowledged, kept, recipient } = place
  await using session = await route.destination.connect(signal, recipient)
  const head = await session.head()
  const { count } = await session.quarantineSummary(0)
  return {
    route: route.name,
    acknowledged,
    stands: head ? { incarnation: head.incarnation, epoch: head.epoch, seq: head.seq } : null,
    inStep: head ? head.incarnation === incarnation && head.seq >= acknowledged : acknowledged === 0,
    pending: kept.last - Math.max(acknowledged, kept.first - 1),
    quarantined: count,
  }
}
