/** A session with central on one link: every question and every push is a transaction of its own. */
import type {
  DestinationSession,
  DestinationTransaction,
  QuarantinedEvent,
  RefusedEvent,
} from '../../domain/destination.ts'
import { DestinationError } from '../../domain/errors.ts'
import type { EventCodec } from '../../domain/events/codec.ts'
import { type Event, isUnreadable } from '../../domain/events/event.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import { type Owner, ownerCode } from '../../domain/owner.ts'
import type { Recipient } from '../../domain/recipient.ts'
import { type ClockComparison, SERVER_SECONDS } from '../../postgres/clock-comparison.ts'
import type { Link } from '../../postgres/link.ts'
import { SERVER_TEXT, type ServerIdentity, serverOf } from '../../postgres/server.ts'
import { waitsForStandby } from '../../postgres/standby.ts'
import { headOf, type SetAsideRow, Stream, type StreamRow } from '../../postgres/stream.ts'
import { answers, committing, guarded, reading } from '../../postgres/transaction.ts'
import { applyEvents } from './apply.ts'
import { Claims } from './claims.ts'
import { MachineStatus } from './machine-status.ts'
import { holdsAny } from './rows-held.ts'
import type { CentralSettings } from './settings.ts'
import type { MesTarget } from './target.ts'
import { beginText, type Tenant } from './tenant.ts'

interface SessionParts {
  readonly target: MesTarget
  readonly tenant: Tenant
  readonly recipient: Recipient
  readonly clock: ClockComparison
  readonly codec: EventCodec
  readonly now: CentralSettings['now']
}

/**
 * A guarded run of events waits only so long for somebody's lock: a search meets the same lock several times. The constraints that
 * may be deferred are, because an earlier run has made all of them immediate.
 */
const GUARDED = `SET LOCAL lock_timeout = '300ms'; SET CONSTRAINTS ALL DEFERRED`

/** The session; disposing it closes the link. */
export function createSession(parts: SessionParts): DestinationSession {
  const { target, tenant, recipient, clock } = parts
  const { link, gateway } = target
  const begin = beginText(tenant)
  const stream = new Stream(link, tenant.organizationId, gateway, target.repertoire)
  const machines = new MachineStatus(target, parts.now)
  const claims = new Claims(target)

  /** A server that tells who it is is asked in each transaction: behind a pooler, another one may answer from one to the next. */
  const whoText = recipient.systemId === null ? '' : `; ${SERVER_TEXT}`

  /** Begins, locks the stream row, and looks the codes of the last batch up again: all in one round trip. */
  const beginLocked = async () => {
    const text = `${begin} ${stream.headText} FOR UPDATE; ${target.codes.againText()}${whoText}`
    // Before these, `begin` gives two answers of its own.
    const [, , head, codes, server] = await link
      .script(text)
      .catch((error: unknown) => streamIsHeld(error, link))
    requireSame(recipient, serverOf(server?.rows[0]), link)
    target.codes.take(codes?.rows)
    return headOf(head?.rows[0])
  }

  return {
    get clockOffsetMs() {
      return clock.offsetMs
    },
    recipient,
    head: async () => {
      const answered = clock.ask()
      const answers = await link.script(
        `${begin} SELECT ${SERVER_SECONDS} AS server_seconds; ${claims.text}; ${stream.headText}`,
      )
      answered(answers.at(-3)?.rows[0]?.server_seconds)
      await link.script('ROLLBACK')
      claims.take(answers.at(-2)?.rows)
      return headOf(answers.at(-1)?.rows[0])
    },
    transaction: async (work) => {
      const head = await beginLocked()
      machines.begin()
      const transaction = createTransaction(parts, { stream, machines, head })
      const done = work(transaction).then(async (result) => {
        await claims.record(stream)
        // Last, so that the rows of `machines` are not held for longer than they must be.
        await machines.write()
        return result
      })
      const result = await committing(link, done)
      claims.committed()
      return result
    },
    holdsAny: (events) => reading(link, begin, () => holdsAny(target, events)),
    quarantineSummary: async (limit) => {
      const { count, kinds } = await reading(link, begin, () => stream.quarantineKinds(limit))
      const refused = kinds.map(({ subject, reason, count: alike }) => ({
        machine: ownerCode(subject as Owner),
        reason,
        count: alike,
      }))
      return { count, refused }
    },
    get troubles() {
      return [...machines.troubles, ...claims.troubles]
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

/** @throws DestinationError where another server answers than the one that was connected to */
function requireSame(recipient: Recipient, server: ServerIdentity | undefined, { peer }: Link): void {
  if (!server || (server.systemId === recipient.systemId && server.timeline === recipient.timeline)) return
  const message = `${peer.name} at ${peer.where} is another server than a moment ago`
  throw new DestinationError(`${peer.name}-server`, message, { refusal: 'wait' })
}

/** Where the row of the stream is locked, no row of a batch is to blame. */
async function streamIsHeld(error: unknown, link: Link): Promise<never> {
  if (!(error instanceof DestinationError) || error.refusal !== 'locked') throw error
  const { code, message, sqlstate } = error
  await link.script('ROLLBACK')
  if (await waitsForStandby(link)) throw standbyIsMissing(error, link)
  throw new DestinationError(code, `another session holds the gateway's stream: ${message}`, {
    refusal: 'wait',
    sqlstate,
    cause: error,
    hint: 'it is an earlier session of this gateway that has not ended yet, or another gateway under its name',
  })
}

/** An earlier commit of this gateway has not ended, and holds the row until a standby has it too. */
function standbyIsMissing(cause: DestinationError, { peer: { name, where } }: Link): DestinationError {
  const message = `${name} at ${where} confirms no commit: it waits for a synchronous standby that does not answer`
  return new DestinationError(`${name}-standby`, message, {
    refusal: 'wait',
    sqlstate: cause.sqlstate,
    cause,
    hint: 'ask the DBA to bring that standby back, or to take it out of synchronous_standby_names; nothing is lost meanwhile',
  })
}

interface LockedStream {
  readonly stream: Stream
  readonly machines: MachineStatus
  readonly head: StreamRow | undefined
}

/** What may be done while the stream row is locked. */
function createTransaction(
  { target, codec }: SessionParts,
  { stream, machines, head }: LockedStream,
): DestinationTransaction {
  let incarnation = head?.incarnation
  let hasSetAside = head?.hasSetAside ?? true
  /** Amendments that have landed: what the quarantine has of their rows is older, and must not undo them one day. */
  const amended: StoredEvent[] = []
  const applyGuarded = (events: readonly Event[], options: { readonly landedBefore?: boolean }) =>
    guarded(target.link, GUARDED, () => applyEvents(target, events, options)).catch((error: unknown) => {
      target.codes.forget() // The refusal may be that of an id which central has given up meanwhile.
      throw error
    })
  return {
    head,
    begin: async (identity, at) => {
      await (head ? stream.adopt(identity, at) : stream.begin(identity, at))
      incarnation = identity.incarnation
    },
    apply: async (stored, options) => {
      const events = stored.map(({ event }) => event)
      const applied = await (options.guarded ? applyGuarded(events, options) : applyEvents(target, events))
      machines.touch(applied.touched)
      const out = new Set(applied.leftOut.map(({ event }) => event))
      amended.push(...stored.filter(({ event }) => isAmendment(target, event) && !out.has(event)))
      return refusedEvents(stored, applied.leftOut)
    },
    quarantine: async (refused) => {
      const of = incarnation
      if (of === undefined) throw new Error('nothing can be set aside before the stream has begun')
      hasSetAside = true
      await stream.quarantine(
        refused.map(({ event: { seq, event }, ...why }) => ({
          incarnation: of,
          seq,
          event: storedForm(event),
          ...why,
        })),
      )
    },
    quarantined: async (after, limit) =>
      (await stream.quarantinedLocked(after, limit)).map((row) => quarantinedEvent(row, codec)),
    release: (rows) => stream.release(rows),
    advance: async (to) => {
      const landed = amended
        .splice(0)
        .map(({ seq, event: { kind, subject, at } }) => ({ seq, kind, subject, at }))
      const ours = hasSetAside ? incarnation : undefined
      await answers([
        stream.advance(to),
        ...(ours === undefined ? [] : [stream.releaseOlder(ours, landed)]),
        machines.write(),
      ])
    },
    record: (incident, { once } = { once: false }) => stream.record(incident, { once }),
  }
}

function isAmendment({ tables }: MesTarget, { kind }: Event): boolean {
  return tables.present.some(({ amends }) => amends.includes(kind))
}

function refusedEvents(
  stored: readonly StoredEvent[],
  leftOut: readonly { readonly event: Event; readonly reason: string }[],
): readonly RefusedEvent[] {
  if (leftOut.length === 0) return []
  const reasons = new Map(leftOut.map(({ event, reason }) => [event, reason]))
  return stored.flatMap((event) => {
    const reason = reasons.get(event.event)
    return reason === undefined ? [] : [{ event, reason, sqlstate: null }]
  })
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
