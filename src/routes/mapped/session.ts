/** A session of a mapped route on one link: every question and every push is a transaction of its own. */
import type { DestinationSession, DestinationTransaction } from '../../domain/destination.ts'
import { eventCodec } from '../../domain/events/index.ts'
import { readSetAside, setAsideForm } from '../../domain/events/set-aside.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import { quarantineSummaryOf } from '../../domain/quarantine-summary.ts'
import type { Recipient } from '../../domain/recipient.ts'
import type { ClockComparison } from '../../postgres/clock-comparison.ts'
import { readingAnswers } from '../../postgres/guard.ts'
import { Stream, type StreamRow } from '../../postgres/stream.ts'
import { createStreamSession, LockedStream } from '../../postgres/stream-session.ts'
import {
  committing,
  createDeferral,
  GUARDED,
  guarded,
  reading as inTransaction,
} from '../../postgres/transaction.ts'
import { applyEvents } from './apply.ts'
import { holdsAny } from './rows-held.ts'
import type { MappedTarget } from './target.ts'

interface SessionParts {
  readonly target: MappedTarget
  /** The name of the stream: that of the gateway, and that of the route. */
  readonly stream: string
  readonly recipient: Recipient
  readonly clock: ClockComparison
  /** Whether anything was delivered to this database before. */
  readonly hasDelivered: boolean
  /** Called when the session ends. */
  readonly ended: () => void
}

/** The session; disposing it closes the link. */
export function createSession(parts: SessionParts): DestinationSession {
  const { target, recipient, clock } = parts
  const { link, begin, organizationId, repertoire } = target
  const stream = new Stream(link, organizationId, parts.stream, repertoire)
  const session = createStreamSession({ link, stream, clock, server: recipient, begin })
  /** An answer that is stumbled over is a refusal like any other, after which the link is not used any more. */
  const reading = <T>(work: () => Promise<T>) => readingAnswers(link.peer, work)
  /** From then on somebody may mend the tables at any time, as the reason has asked for. */
  let hasLeftOut = false
  const leftOut = () => {
    hasLeftOut = true
  }
  return {
    get clockOffsetMs() {
      return clock.offsetMs
    },
    recipient,
    certificateEndsMs: link.certificateEndsMs,
    head: () => reading(async () => (await session.head()).head),
    transaction: (work) =>
      reading(async () => {
        if (hasLeftOut) await target.readAgain()
        const { head } = await session.beginLocked()
        return committing(link, work(createTransaction(target, stream, { head, leftOut })))
      }),
    holdsAny: (events) => reading(() => holdsAny(target, parts, events)),
    quarantineSummary: (limit) => reading(async () => quarantineSummaryOf(await session.setAside(limit))),
    incidents: (limit) => reading(() => inTransaction(link, begin, () => stream.incidents(limit))),
    troubles: [],
    [Symbol.asyncDispose]: () => {
      parts.ended()
      return link[Symbol.asyncDispose]()
    },
  }
}

/** What may be done while the stream row is locked. */
function createTransaction(
  target: MappedTarget,
  stream: Stream,
  { head, leftOut }: { readonly head: StreamRow | undefined; readonly leftOut: () => void },
): DestinationTransaction {
  const locked = new LockedStream(stream, head, {
    written: (event: StoredEvent) => setAsideForm(event),
    read: (written) => readSetAside(written, eventCodec),
  })
  const defer = createDeferral(target.link)
  return {
    head,
    begin: (identity, at) => locked.begin(identity, at),
    apply: async (events, options) => {
      const work = () => applyEvents(target, events)
      if (!options.guarded) defer()
      const refused = await (options.guarded ? guarded(target.link, GUARDED, work) : work())
      if (refused.size > 0) leftOut()
      return [...refused].map(([event, reason]) => ({ event, reason, sqlstate: null }))
    },
    quarantine: (refused) => locked.quarantine(refused),
    quarantined: (after, limit) => locked.quarantined(after, limit),
    release: (rows) => stream.release(rows),
    advance: (to) => stream.advance(to),
    record: (incident, { once } = { once: false }) => stream.record(incident, { once }),
  }
}
