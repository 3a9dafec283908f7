/** A session with central on one link: every question and every push is a transaction of its own. */
import { hostname } from 'node:os'
import type {
  DestinationSession,
  DestinationTransaction,
  Incident,
  RefusedEvent,
} from '../../domain/destination.ts'
import type { EventCodec } from '../../domain/events/codec.ts'
import type { Event } from '../../domain/events/event.ts'
import { readSetAside, setAsideForm } from '../../domain/events/set-aside.ts'
import type { Fence } from '../../domain/lease.ts'
import type { LogPosition, StoredEvent } from '../../domain/outbox.ts'
import { quarantineSummaryOf } from '../../domain/quarantine-summary.ts'
import type { Recipient } from '../../domain/recipient.ts'
import type { ClockComparison } from '../../postgres/clock-comparison.ts'
import type { Link } from '../../postgres/link.ts'
import { Stream, type StreamRow } from '../../postgres/stream.ts'
import { createStreamSession, LockedStream } from '../../postgres/stream-session.ts'
import { answers, committing, createDeferral, GUARDED, guarded, reading } from '../../postgres/transaction.ts'
import type { Riders } from '../route-kind.ts'
import { applyEvents, type SentBehind } from './apply.ts'
import { Claims } from './claims.ts'
import { PairFence } from './fence.ts'
import { MachineStatus } from './machine-status.ts'
import { type Prepared, prepare } from './prepared.ts'
import { Rides } from './rides.ts'
import { holdsAny } from './rows-held.ts'
import { sendPages } from './send-pages.ts'
import type { CentralSettings } from './settings.ts'
import type { MesTarget } from './target.ts'
import { beginText, contextOf, type Tenant } from './tenant.ts'

/** Where a gateway was copied, both have one name and one log: only the name of the computer tells people which of them met the fence. */
function withHost(incident: Incident): Incident {
  const { kind, detail } = incident
  return kind === 'fence' ? { kind, detail: { ...detail, host: hostname() } } : incident
}

/** In doubt about a pair the link has to show that it still answers; where that takes longer, the session is broken. */
const PROOF_MAX_MS = 3_000

interface SessionParts {
  readonly target: MesTarget
  readonly tenant: Tenant
  readonly recipient: Recipient
  readonly clock: ClockComparison
  readonly codec: EventCodec
  readonly now: CentralSettings['now']
  /** Whose rows may come along in the same transactions. */
  readonly riders: Riders
  /** Undefined for a gateway that is alone with its machines. */
  readonly fence: Fence | undefined
  readonly report: NonNullable<DestinationSession['report']>
}

/** The session; disposing it closes the link. */
export function createSession(parts: SessionParts): DestinationSession {
  const { target, tenant, recipient, clock } = parts
  const { link, gateway } = target
  const begin = beginText(tenant)
  const stream = new Stream(link, tenant.organizationId, gateway, target.repertoire)
  const machines = new MachineStatus(target, parts.now)
  const claims = new Claims(target, parts.fence?.pair)
  const fence = parts.fence && new PairFence(parts.fence, target)
  const rides = new Rides({ link, riders: parts.riders, now: parts.now, context: contextOf(tenant) })
  const session = createStreamSession({ link, stream, clock, server: recipient, begin })
  const proof = parts.fence && provenInDoubt(link, parts.fence)
  const preparations: Preparations = new WeakMap()
  /** What the next transaction is probably about. */
  let probablyNext: Prepared | undefined
  return {
    get clockOffsetMs() {
      return clock.offsetMs
    },
    recipient,
    certificateEndsMs: link.certificateEndsMs,
    head: async () => {
      const { head, answers } = await session.head(claims.text)
      claims.take(answers[0]?.rows)
      return head
    },
    prepare: (stored) => {
      const events = stored.map(({ event }) => event)
      probablyNext = prepare(target.tables.present, events)
      preparations.set(stored, probablyNext)
    },
    transaction: async (work) => {
      const beginning = session.beginLocked(fence?.text)
      // Travels along; the server looks only once the stream is locked. Nothing can be written before it is answered.
      const lookedUp = target.codes.begin(probablyNext?.wanted)
      probablyNext = undefined
      const [{ head, answers }] = await Promise.all([beginning, lookedUp])
      fence?.take(answers.at(-1))
      machines.begin()
      rides.begin()
      const transaction = createTransaction(parts, { stream, machines, rides, head, fence, preparations })
      const done = work(transaction).then(async (result) => {
        await claims.record(stream)
        // Last, so that the rows of `machines` are not held for longer than they must be.
        await machines.write()
        return result
      })
      const result = await committing(link, done)
      claims.committed()
      rides.committed()
      return result
    },
    holdsAny: (events) => reading(link, begin, () => holdsAny(target, events)),
    quarantineSummary: async (limit) => quarantineSummaryOf(await session.setAside(limit)),
    report: parts.report,
    incidents: (limit) => reading(link, begin, () => stream.incidents(limit)),
    get troubles() {
      return [...machines.troubles, ...claims.troubles]
    },
    ...(proof && { broken: proof.broken }),
    [Symbol.asyncDispose]: () => {
      proof?.end()
      return link[Symbol.asyncDispose]()
    },
  }
}

/** Follows the doubts of a pair: a link that does not answer then is broken, and the session with it. */
function provenInDoubt(link: Link, fence: Fence): { readonly broken: AbortSignal; end(): void } {
  const breaking = new AbortController()
  const end = fence.onDoubt(() => {
    link.prove(PROOF_MAX_MS).catch((error: unknown) => breaking.abort(error))
  })
  return { broken: breaking.signal, end }
}

/** What stays in quarantine without being tried, and why: nothing, for a gateway that is alone with its machines. */
const NONE_HELD_BACK: ReadonlyMap<StoredEvent, string> = new Map()

/** What was prepared, by the lists of events that it was made of. */
type Preparations = WeakMap<readonly StoredEvent[], Prepared>

interface TransactionParts {
  readonly stream: Stream
  readonly machines: MachineStatus
  readonly rides: Rides
  readonly head: StreamRow | undefined
  readonly fence: PairFence | undefined
  readonly preparations: Preparations
}

/** What may be done while the stream row is locked. */
function createTransaction(parts: SessionParts, transaction: TransactionParts): DestinationTransaction {
  const { codec, riders } = parts
  const { stream, machines, rides, head, fence } = transaction
  const locked = new LockedStream(stream, head, {
    written: (event: StoredEvent) => setAsideForm(event),
    read: (written) => readSetAside(written, codec),
  })
  /** Amendments that have landed: what the quarantine has of their rows is older, and must not undo them one day. */
  const amended: StoredEvent[] = []
  const apply = createApply(parts, transaction, amended)
  const advance: DestinationTransaction['advance'] = async (to, passed) => {
    // Before the rows of `machines`, which others wait for.
    if (head && passed) await rides.take({ identity: head, from: head, to, events: passed })
    const landed = amended.splice(0)
    const ours = locked.incarnationOfSetAside
    await answers([
      stream.advance(to),
      ...(ours === undefined ? [] : [stream.releaseOlder(ours, landed.map(landedOf))]),
      machines.write(),
    ])
  }
  return {
    head,
    begin: (identity, at) => locked.begin(identity, at),
    apply: (asked, options) => apply(asked, options),
    quarantine: (refused) => locked.quarantine(refused),
    quarantined: async (after, limit) => {
      const rows = await locked.quarantined(after, limit)
      return fence?.retried(rows) ?? rows
    },
    release: (rows) => stream.release(rows),
    advance,
    land: async (first, more) => {
      // Who rides along, and what is to be released, must be known to have landed first.
      const isAlone = riders.size === 0 && locked.incarnationOfSetAside === undefined
      const move = (to: LogPosition) => answers([stream.advance(to), machines.write()])
      const pages = { first, more: riders.size === 0 ? more : async () => void more() }
      const sent = await sendPages(pages, {
        apply: (asked, behind) => apply(asked, { guarded: false }, behind),
        touch: (touched) => machines.touch(touched),
        move: isAlone ? move : undefined,
      })
      const { at, passed, setAside } = sent
      if (setAside.length > 0) await locked.quarantine(setAside)
      if (!sent.isMoved) await advance(at, passed)
      return { at, setAside }
    },
    record: (incident, { once } = { once: false }) => stream.record(withHost(incident), { once }),
  }
}

/**
 * What writes events within the transaction.
 * @param amended amendments that have landed are added to it
 */
function createApply(
  { target }: SessionParts,
  { machines, fence, preparations }: TransactionParts,
  amended: StoredEvent[],
) {
  const applyGuarded = (events: readonly Event[], options: { readonly landedBefore?: boolean }) =>
    guarded(target.link, GUARDED, () => applyEvents(target, events, options)).catch((error: unknown) => {
      target.codes.forget() // The refusal may be that of an id which central has given up meanwhile.
      throw error
    })
  const defer = createDeferral(target.link)
  return async (
    asked: readonly StoredEvent[],
    options: Parameters<DestinationTransaction['apply']>[1],
    behind?: SentBehind,
  ): Promise<readonly RefusedEvent[]> => {
    const heldBack = fence?.judge(asked) ?? NONE_HELD_BACK
    const stored = heldBack.size === 0 ? asked : asked.filter((one) => !heldBack.has(one))
    const prepared = preparations.get(stored)
    const events = prepared?.events ?? stored.map(({ event }) => event)
    if (!options.guarded) defer()
    const applied = await (options.guarded
      ? applyGuarded(events, options)
      : applyEvents(target, events, { prepared, behind }))
    machines.touch(applied.touched)
    const out = new Set(applied.leftOut.map(({ event }) => event))
    amended.push(...stored.filter(({ event }) => isAmendment(target, event) && !out.has(event)))
    const untried = [...heldBack].map(([event, reason]) => ({ event, reason, sqlstate: null }))
    return [...untried, ...refusedEvents(stored, applied.leftOut)]
  }
}

function landedOf({ seq, event: { kind, subject, at } }: StoredEvent) {
  return { seq, kind, subject, at }
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
