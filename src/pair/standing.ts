/** What a gateway of a pair remembers over its restarts: whether it is the active one, and which of its events it may write. */
import type { PairRole } from '../domain/lease.ts'
import { gatewayOwner, type Owner } from '../domain/owner.ts'

/** The key of its saved state. */
export const PAIR: Owner = gatewayOwner('pair')

/** Saved with the events of a takeover, in one transaction. */
export interface PairStanding {
  readonly v: 1
  /** The log that its numbers are of: `buffer adopt` begins another one. */
  readonly incarnation: string
  /** The epoch in which it is the active one: 0 where it was alone until now, and has no lease yet; null where it stands by. */
  readonly epoch: number | null
  /** Events of machines up to this one may be written at any time; later ones only while the lease is held. */
  readonly historySeq: number
  /** The newest epoch of its own that is over, or that it is in. */
  readonly knownEpoch: number
  /** Since when it is what it is, ms since 1970. */
  readonly sinceMs: number
  /** Events of machines that another one has recorded in its place, over all times. */
  readonly superseded: number
}

interface Life {
  readonly incarnation: string
  readonly tailSeq: number
  readonly nowMs: number
  /** Whether this gateway has recorded machines before it belonged to a pair. */
  readonly wasAlone: boolean
}

/**
 * Takes up what was saved. A gateway that was alone goes on recording; one that is new, or whose log was begun again, stands by until it
 * knows more.
 */
export function standingOf(saved: unknown, { incarnation, tailSeq, nowMs, wasAlone }: Life): PairStanding {
  const known = saved as PairStanding | undefined
  if (known?.v === 1 && known.incarnation === incarnation) return known
  const isFirst = known === undefined && wasAlone
  return {
    v: 1,
    incarnation,
    epoch: isFirst ? 0 : null,
    historySeq: isFirst ? tailSeq : 0,
    knownEpoch: known?.knownEpoch ?? 0,
    sinceMs: nowMs,
    superseded: known?.superseded ?? 0,
  }
}

/** What a gateway is in its pair. */
export function roleIn({ epoch }: Pick<PairStanding, 'epoch'>): PairRole {
  return epoch === null ? 'stand-by' : 'active'
}
