/**
 * Compares the local log with a destination's stream and decides how to go on. Pure, and the whole rule: the first row of the
 * table below that matches decides. It never guesses: where it cannot prove that both are one history, the gateway is
 * fenced and sends nothing.
 */
import type { StreamHead } from '../domain/destination.ts'
import type { LogIdentity, LogPosition } from '../domain/outbox.ts'
import { isStranger, type Kinship, type Stranger } from '../domain/recipient.ts'

/** What the local log says of itself, when it is held against one head. */
export interface LocalLog {
  readonly identity: LogIdentity
  readonly tailSeq: number
  readonly acknowledgedSeq: number
  /** The position just before the oldest event still kept: what is up to there cannot be sent again. */
  readonly beforeKept: LogPosition
  /** Our hash at the head's position; undefined where it is no longer kept, or was never ours. */
  readonly hashAtHead: Uint8Array | undefined
}

/** What the destination says: how far the stream has come, or whether rows of ours are there without a stream. */
export type Seen =
  | { readonly kind: 'stream'; readonly head: StreamHead }
  | { readonly kind: 'no stream'; readonly holdsOurRows: boolean }

/** Why both sides cannot be the same history, see the table below; or why the destination is none that events were captured for. */
export type FenceReason =
  | 'stream row missing'
  | 'other incarnation'
  | 'ahead of our log'
  | 'other history'
  | 'unproven database'
  | Stranger

/** Whether the destination may be that of somebody else, who must not learn what was captured: no loss and no report is written there. */
export function isOfAnother(reason: FenceReason): boolean {
  return reason === 'unproven database' || isStranger(reason)
}

/** Events that the destination will never get from this log, both ends included. */
export interface Gap {
  readonly fromSeq: number
  readonly toSeq: number
}

/** What follows from a comparison. */
export type Resync = Agreement | { readonly kind: 'fence'; readonly reason: FenceReason }

/**
 * How both sides go on. `at` is the position of both once that is carried out. `restored`: central had acknowledged more than
 * it has now. A gap without that is not central's doing: the events were removed while none were kept for it.
 */
export type Agreement =
  | { readonly kind: 'in step' | 'refill'; readonly at: LogPosition }
  | {
      readonly kind: 'begin'
      readonly at: LogPosition
      readonly restored: boolean
      readonly gap: Gap | undefined
    }
  | { readonly kind: 'gap'; readonly at: LogPosition; readonly restored: boolean; readonly gap: Gap }

interface Row {
  readonly seen: string
  readonly when: (local: LocalLog, head: StreamHead) => boolean
  readonly meaning: (local: LocalLog, head: StreamHead) => Resync
}

const SEEN_AT_CONNECT: readonly Row[] = [
  {
    seen: 'another incarnation or epoch: a replaced disk, or another gateway under our name',
    when: (local, head) => !sameStream(local.identity, head),
    meaning: () => ({ kind: 'fence', reason: 'other incarnation' }),
  },
  {
    seen: 'ahead of our last event: an old disk image, or a cloned card',
    when: (local, head) => head.seq > local.tailSeq,
    meaning: () => ({ kind: 'fence', reason: 'ahead of our log' }),
  },
  {
    seen: 'another hash at a position that we know: a cloned card',
    when: (local, head) => local.hashAtHead !== undefined && !sameHash(local.hashAtHead, head.hash),
    meaning: () => ({ kind: 'fence', reason: 'other history' }),
  },
  {
    seen: 'behind what we still keep: restored too far back, or not among the routes for a while',
    when: (local, head) => head.seq < local.beforeKept.seq,
    meaning: (local, head) => ({
      kind: 'gap',
      at: local.beforeKept,
      restored: head.seq < local.acknowledgedSeq,
      gap: { fromSeq: head.seq + 1, toSeq: local.beforeKept.seq },
    }),
  },
  {
    seen: 'at a position whose hash should be known here and is not: nothing proves that it is our history',
    when: (local) => local.hashAtHead === undefined,
    meaning: () => ({ kind: 'fence', reason: 'other history' }),
  },
  {
    seen: 'behind our acknowledged position with our hash: restored, or failed over to a lagging replica',
    when: (local, head) => head.seq < local.acknowledgedSeq,
    meaning: (_, head) => ({ kind: 'refill', at: positionOf(head) }),
  },
  {
    seen: 'at our acknowledged position, or past it because an answer was lost',
    when: () => true,
    meaning: (_, head) => ({ kind: 'in step', at: positionOf(head) }),
  },
]

/**
 * How to go on from what both sides say.
 * @param kin what the destination is to the one that events were captured for; a stranger gets nothing, whatever it says
 */
export function compare(local: LocalLog, seen: Seen, kin: Kinship = 'same'): Resync {
  if (isStranger(kin)) return { kind: 'fence', reason: kin }
  if (seen.kind === 'no stream') return withoutStream(local, seen.holdsOurRows, kin)
  const row = SEEN_AT_CONNECT.find(({ when }) => when(local, seen.head))
  if (!row) throw new Error('the last row of the table matches always')
  return row.meaning(local, seen.head)
}

/**
 * Without a stream the destination is new, or was restored to before us; where it holds our rows, somebody deleted the stream. That
 * it was restored is believed only of the very database that was delivered to: a stream would prove it, and there is none.
 */
function withoutStream(local: LocalLog, holdsOurRows: boolean, kin: 'same' | 'unproven'): Resync {
  if (holdsOurRows) return { kind: 'fence', reason: 'stream row missing' }
  if (kin === 'unproven' && local.acknowledgedSeq > 0) return { kind: 'fence', reason: 'unproven database' }
  const { beforeKept } = local
  const gap = beforeKept.seq > 0 ? { fromSeq: 1, toSeq: beforeKept.seq } : undefined
  return { kind: 'begin', at: beforeKept, restored: local.acknowledgedSeq > 0, gap }
}

/** Whether a stream, as locked, is this log's and has come exactly to a position. */
export function hasComeTo(
  head: StreamHead | undefined,
  identity: LogIdentity,
  position: LogPosition,
): boolean {
  return (
    head !== undefined &&
    sameStream(head, identity) &&
    head.seq === position.seq &&
    sameHash(head.hash, position.hash)
  )
}

/** Whether a stream, as locked, is this log's, however far it has come. */
export function isOurs(head: StreamHead | undefined, identity: LogIdentity): boolean {
  return head !== undefined && sameStream(head, identity)
}

/** Whether two heads say the same; both may be missing. */
export function sameHead(a: StreamHead | undefined, b: StreamHead | undefined): boolean {
  return a === undefined ? b === undefined : hasComeTo(b, a, a)
}

function sameStream(a: LogIdentity, b: LogIdentity): boolean {
  return a.incarnation === b.incarnation && a.epoch === b.epoch
}

function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function positionOf({ seq, hash }: StreamHead): LogPosition {
  return { seq, hash }
}
