/**
 * Whether a route other than central stands where the log says, and what it still lacks. Its rows are not compared: what becomes of
 * an event in tables of a site, or behind a broker, nobody here can know.
 */
import type { LogReader } from '../buffer/log-reader.ts'
import type { Route, StreamHead } from '../domain/destination.ts'

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

/** It only reads. @throws DestinationError when the destination cannot be asked; StoreError when the log cannot be read */
export async function auditRoute(route: Route, log: LogReader, signal: AbortSignal): Promise<RouteAudit> {
  // The log is asked first: what is taken between the two questions is then not expected of the destination.
  const acknowledged = log.acknowledged(route.name)
  const { first, last } = log.kept()
  await using session = await route.destination.connect(signal, log.recipient(route.name))
  const head = await session.head()
  const { count } = await session.quarantineSummary(0)
  return {
    route: route.name,
    acknowledged,
    stands: head ? { incarnation: head.incarnation, epoch: head.epoch, seq: head.seq } : null,
    inStep: head
      ? head.incarnation === log.identity.incarnation && head.seq >= acknowledged
      : acknowledged === 0,
    pending: last - Math.max(acknowledged, first - 1),
    quarantined: count,
  }
}
