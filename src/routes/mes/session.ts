/** A session with central on one link: every question and every push is a transaction of its own. */
import type {
  DestinationSession,
  DestinationTransaction,
  QuarantinedEvent,
} from '../../domain/destination.ts'
import type { EventCodec } from '../../domain/events/codec.ts'
import { type Event, isUnreadable } from '../../domain/events/event.ts'
import { type ClockComparison, SERVER_SECONDS } from '../../postgres/clock-comparison.ts'
import { headOf, type SetAsideRow, Stream, type StreamRow } from '../../postgres/stream.ts'
import { committing, guarded, reading } from '../../postgres/transaction.ts'
import { applyEvents } from './apply.ts'
import { holdsAny } from './rows-held.ts'
import type { MesTarget } from './target.ts'
import { beginText, type Tenant } from './tenant.ts'

interface SessionParts {
  readonly target: MesTarget
  readonly tenant: Tenant
  readonly gateway: string
  readonly clock: ClockComparison
  readonly codec: EventCodec
}

/** The session; disposing it closes the link. */
export function createSession(parts: SessionParts): DestinationSession {
  const { target, tenant, gateway, clock } = parts
  const { link } = target
  const begin = beginText(tenant)
  const stream = new Stream(link, tenant.organizationId, gateway)

  /** Begins, locks the stream row, and looks the codes of the last batch up again: all in one round trip. */
  const beginLocked = async () => {
    const text = `${begin} ${stream.headText} FOR UPDATE; ${target.codes.againText()}`
    // Before these two, `begin` gives two answers of its own.
    const [, , head, codes] = await link.script(text)
    target.codes.take(codes?.rows)
    return headOf(head?.rows[0])
  }

  return {
    get clockOffsetMs() {
      return clock.offsetMs
    },
    head: async () => {
      const answered = clock.ask()
      const answers = await link.script(
        `${begin} SELECT ${SERVER_SECONDS} AS server_seconds; ${stream.headText}`,
      )
      answered(answers.at(-2)?.rows[0]?.server_seconds)
      await link.script('ROLLBACK')
      return headOf(answers.at(-1)?.rows[0])
    },
    transaction: async (work) => {
      const transaction = createTransaction(parts, stream, await beginLocked())
      return committing(link, work(transaction))
    },
    holdsAny: (events) => reading(link, begin, () => holdsAny(target, events)),
    quarantined: async (limit) => {
      const rows = await reading(link, begin, () => stream.quarantined(undefined, limit))
      return rows.map((row) => quarantinedEvent(row, parts.codec))
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

/** What may be done while the stream row is locked. */
function createTransaction(
  { target, codec }: SessionParts,
  stream: Stream,
  head: StreamRow | undefined,
): DestinationTransaction {
  let incarnation = head?.incarnation
  const applyGuarded = async (events: readonly Event[]) => {
    try {
      await guarded(target.link, () => applyEvents(target, events))
    } catch (error) {
      target.codes.forget() // The refusal may be that of an id which central has given up meanwhile.
      throw error
    }
  }
  return {
    head,
    begin: async (identity, at) => {
      await (head ? stream.adopt(identity, at) : stream.begin(identity, at))
      incarnation = identity.incarnation
    },
    apply: async (stored, options) => {
      const events = stored.map(({ event }) => event)
      await (options.guarded ? applyGuarded(events) : applyEvents(target, events))
    },
    quarantine: async ({ seq, event }, refusal) => {
      if (incarnation === undefined) throw new Error('nothing can be set aside before the stream has begun')
      await stream.quarantine({ incarnation, seq }, storedForm(event), refusal)
    },
    quarantined: async (after, limit) =>
      (await stream.quarantined(after, limit)).map((row) => quarantinedEvent(row, codec)),
    release: (of, seq) => stream.release(of, seq),
    advance: (to) => stream.advance(to),
    record: (incident) => stream.record(incident),
  }
}

/** A row of the quarantine as an event, in whatever version it was set aside. */
export function quarantinedEvent(row: SetAsideRow, codec: EventCodec): QuarantinedEvent {
  return { ...row, event: codec.read(row.event) }
}

/** An event that could not be read is kept as it was stored, so that a newer version can read it. */
function storedForm(event: Event): unknown {
  if (!isUnreadable(event)) return event
  try {
    return JSON.parse(event.payload)
  } catch {
    // A jsonb column takes no text that is no JSON, but it takes that text as a field.
    return { payload: event.payload }
  }
}
