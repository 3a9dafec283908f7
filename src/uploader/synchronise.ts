/**
 * Brings the local cursor and the destination's stream to one position before anything is pushed: looks at both, decides with
 * the table of `resync.ts`, and carries the decision out. A fence changes neither side.
 */
import type { DestinationSession, Incident, StreamHead } from '../domain/destination.ts'
import type { Delivery, LogIdentity, LogPosition, Outbox } from '../domain/outbox.ts'
import { isStranger, type Kinship, kinship, type Recipient, sameRecipient } from '../domain/recipient.ts'
import { acknowledge, writeIfPossible } from './acknowledge.ts'
import type { FenceFacts } from './causes.ts'
import {
  type Agreement,
  compare,
  type FenceReason,
  type LocalLog,
  type Resync,
  type Seen,
  sameHead,
} from './resync.ts'

/** Events looked up at a time when the stream row is missing. */
const SEARCH_ROWS = 500
/** Events before the acknowledged position among which our rows are searched for. Where a stream row was deleted, the first page has some. */
const SEARCH_ROWS_MAX = 50_000

interface LogReader {
  readonly outbox: Outbox
  readonly consumer: string
  readonly must: Delivery
}

/** `ready`: both sides are at one position; `moved`: the destination changed meanwhile, and must be looked at again. */
export type SyncOutcome =
  | { readonly kind: 'ready'; readonly agreement: Agreement }
  | { readonly kind: 'fenced'; readonly reason: FenceReason; readonly facts: FenceFacts }
  | { readonly kind: 'moved' }

/** What both sides say, and what follows from it. */
export interface Look extends FenceFacts {
  readonly decision: Resync
}

/** Looks at both sides and changes neither. */
export async function look(session: DestinationSession, reader: LogReader): Promise<Look> {
  const known = await reader.outbox.recipient(reader.consumer)
  const damage = await reader.outbox.replacedDamage()
  const met = session.recipient
  const kin = met ? kinship(known, met) : 'same'
  const head = await session.head()
  const local = await localLog(reader, head)
  const isNew = kin === 'unproven' && mayBeNew(reader, local)
  const compared = compare(local, await seen(session, reader, { local, head, kin }), isNew ? 'same' : kin)
  const decision = compared.kind === 'fence' && session.isBesideLog ? begunAgain(local) : compared
  return { head, local, known, met, damage, decision }
}

/**
 * What was removed unread counts as acknowledged by a route at best effort. So where it has acknowledged nothing besides, nothing may
 * ever have been delivered: such a route was added to a log that had removed events by then, or its destination was never reached.
 */
function mayBeNew({ must }: LogReader, { acknowledgedSeq, beforeKept }: LocalLog): boolean {
  return must === 'best-effort' && acknowledgedSeq <= beforeKept.seq
}

/** The stream is begun again, with everything that the log keeps. */
function begunAgain({ beforeKept }: LocalLog): Agreement {
  return { kind: 'begin', at: beforeKept, restored: true, gap: undefined }
}

/**
 * Looks at both sides and brings them to one position, where that can be proven right.
 * @throws DestinationError, StoreError
 */
export async function synchronise(session: DestinationSession, reader: LogReader): Promise<SyncOutcome> {
  const found = await look(session, reader)
  const { head, local, known, met, decision } = found
  if (decision.kind === 'fence') return { kind: 'fenced', reason: decision.reason, facts: found }
  if (!(await agree(session, reader, head, decision))) return { kind: 'moved' }
  // Before anything is pushed: whatever comes after knows which server it must not be older than.
  if (met) await noteRecipient(reader, known, met)
  await moveCursor(reader, local.acknowledgedSeq, decision.at.seq)
  return { kind: 'ready', agreement: decision }
}

/**
 * The order of the questions matters, because events come and go between them. The tail is asked first: no
 * destination can have an event that is not stored here. The hash is asked before the oldest kept event: where the hash is gone, its
 * event is before that one.
 */
async function localLog({ outbox, consumer }: LogReader, head: StreamHead | undefined): Promise<LocalLog> {
  const { seq: tailSeq } = await outbox.tail()
  const hashAtHead = head && (await outbox.hashAt(head.seq))
  const beforeKept = await positionBeforeKept(outbox)
  const { seq: acknowledgedSeq } = await outbox.cursor(consumer)
  return { identity: outbox.identity, tailSeq, acknowledgedSeq, beforeKept, hashAtHead }
}

/** The position just before the oldest kept event; that of the last event where none is kept. */
async function positionBeforeKept(outbox: Outbox): Promise<LogPosition> {
  for (;;) {
    // The tail first: an event that comes between the two questions must not look like one that is gone.
    const tail = await outbox.tail()
    const oldest = await outbox.oldestKept()
    if (oldest === 0) return tail
    const hash = await outbox.hashAt(oldest - 1)
    // Retention has removed more events between the two questions: ask again.
    if (hash) return { seq: oldest - 1, hash }
  }
}

/** What the destination says of our stream; a stranger's rows are not searched, since it is fenced off anyway. */
async function seen(
  session: DestinationSession,
  reader: LogReader,
  { local, head, kin }: Pick<FenceFacts, 'local' | 'head'> & { readonly kin: Kinship },
): Promise<Seen> {
  if (head) return { kind: 'stream', head }
  if (isStranger(kin)) return { kind: 'no stream', holdsOurRows: false }
  return { kind: 'no stream', holdsOurRows: await holdsOurRows(session, reader, local) }
}

/** Looks from just past the acknowledged position (an answer may have been lost) back through what is kept. */
async function holdsOurRows(
  session: DestinationSession,
  { outbox, consumer }: LogReader,
  local: LocalLog,
): Promise<boolean> {
  const lowest = Math.max(local.beforeKept.seq, local.acknowledgedSeq - SEARCH_ROWS_MAX)
  let after = local.acknowledgedSeq
  for (;;) {
    const events = await outbox.read(after, SEARCH_ROWS, consumer)
    if (events.length > 0 && (await session.holdsAny(events.map(({ event }) => event)))) return true
    if (after <= lowest) return false
    after = Math.max(after - SEARCH_ROWS, lowest)
  }
}

/** Writes a decision down at the destination; false when its stream is no longer as it was seen. */
async function agree(
  session: DestinationSession,
  { outbox }: LogReader,
  head: StreamHead | undefined,
  decision: Agreement,
): Promise<boolean> {
  if (decision.kind === 'in step') return true
  return session.transaction(async (transaction) => {
    if (!sameHead(transaction.head, head)) return false
    if (decision.kind === 'begin') await transaction.begin(outbox.identity, decision.at)
    if (decision.kind === 'gap') await transaction.advance(decision.at)
    const incident = incidentOf(decision, outbox.identity)
    if (incident) await transaction.record(incident)
    return true
  })
}

/** What is written down about a decision, if anything: at most one incident, because a destination keeps one for each moment. */
function incidentOf(decision: Agreement, { incarnation, epoch }: LogIdentity): Incident | undefined {
  const detail = { incarnation, epoch, refillFromSeq: decision.at.seq + 1 }
  if ('gap' in decision && decision.gap) return { kind: 'gap', detail: { ...detail, ...decision.gap } }
  const restored = decision.kind === 'refill' || (decision.kind === 'begin' && decision.restored)
  return restored ? { kind: 'restore', detail } : undefined
}

/** Notes whom the log is delivered to from now on. A server that does not say this time which system it is counts as the one that was known. */
async function noteRecipient(
  { outbox, consumer }: LogReader,
  known: Recipient | undefined,
  met: Recipient,
): Promise<void> {
  const { systemId, timeline } = met.systemId === null && known ? known : met
  const recipient = { ...met, systemId, timeline }
  if (!sameRecipient(known, recipient)) await writeIfPossible(() => outbox.deliverTo(consumer, recipient))
}

/** The local cursor follows what was agreed, in either direction. */
async function moveCursor(reader: LogReader, fromSeq: number, toSeq: number): Promise<void> {
  if (toSeq > fromSeq) await acknowledge(reader, toSeq)
  if (toSeq < fromSeq) await reader.outbox.rewind(reader.consumer, toSeq)
}
