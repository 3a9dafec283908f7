import type { DestinationTransaction, StreamHead } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import { applyEvents, type Target } from '../routes/mes/apply-events.ts'
import type { Stream } from './stream.ts'

/** What may be done while the stream row is locked. Beginning and ending it is the session's business. */
export function createTransaction(
  target: Target,
  stream: Stream,
  head: StreamHead | undefined,
): DestinationTransaction {
  const { link } = target
  let incarnation = head?.incarnation
  return {
    head,
    begin: async (identity, at) => {
      await (head ? stream.adopt(identity, at) : stream.begin(identity, at))
      incarnation = identity.incarnation
    },
    apply: async (stored, { guarded }) => {
      const events = stored.map(({ event }) => event)
      if (!guarded) return applyEvents(target, events)
      await link.script('SAVEPOINT apply')
      try {
        await applyEvents(target, events)
      } catch (error) {
        // Any other refusal ends the transaction anyway.
        if (error instanceof DestinationError && error.refusal === 'row') {
          await link.script('ROLLBACK TO SAVEPOINT apply; RELEASE SAVEPOINT apply')
          target.codes.forget() // The refusal may be that of an id which central has given up meanwhile.
        }
        throw error
      }
      await link.script('RELEASE SAVEPOINT apply')
    },
    quarantine: async (event, refusal) => {
      if (incarnation === undefined) throw new Error('nothing can be set aside before the stream has begun')
      await stream.quarantine(incarnation, event, refusal)
    },
    quarantined: (after, limit) => stream.quarantined(after, limit),
    release: (of, seq) => stream.release(of, seq),
    advance: (to) => stream.advance(to),
    record: (incident) => stream.record(incident),
  }
}
