/**
 * What a gateway of a pair does next: the whole protocol, as a function of what it is and what it sees. Pure.
 *
 * That there is never a second writer does not depend on it: central refuses what is not written under the lease. It decides how soon
 * somebody writes, and that nobody takes over without need.
 */
import type { Lease, PairRole } from '../domain/lease.ts'

/** What a gateway knows of itself. Moments are on its monotonic clock, in ms. */
export interface Self {
  readonly gateway: string
  readonly role: PairRole
  /** The epoch in which it is the active one; 0 where it was alone before, and has no lease yet. */
  readonly epoch: number
  /** The newest epoch that it knows to be over, its own or another's. */
  readonly knownEpoch: number
  /** `no`: it cannot take over yet; `poorly`: it can, and sees less than it should. */
  readonly canTakeOver: 'yes' | 'poorly' | 'no'
  readonly leaseMs: number
  readonly nowMs: number
  /** Since when it has seen on this connection that nobody holds the lease; undefined where somebody does. */
  readonly freeSinceMs: number | undefined
  /** Whether it has seen on this connection that somebody held it. */
  readonly hasSeenHeld: boolean
  /** The other gateway, if it could take over now. */
  readonly readyOther: string | undefined
  /** Whether it has just been started, and has read no device yet. */
  readonly isStarting: boolean
  /** Whether central has its stream from another log, and so takes none of its rows: two computers may have one name. It cannot take over. */
  readonly isFenced: boolean
}

/**
 * `hold`: it is the active one, and stays it; `hand over`: it gives the lease back to the one who is wanted;
 * `give up`: it was away, and the other one has seen what happened meanwhile, or only the rows of the other one would be taken; `step down`: another one is the active one; `take`: it becomes the active one; `wait`: it stands by.
 */
export type PairStep = 'hold' | 'hand over' | 'give up' | 'step down' | 'take' | 'wait'

/** @param lease as it stands after this gateway has tried to renew it, where it is the active one */
export function decide(self: Self, lease: Lease | undefined): PairStep {
  return self.role === 'active' ? whileActive(self, lease) : whileStandingBy(self, lease)
}

function whileActive(self: Self, lease: Lease | undefined): PairStep {
  const { gateway, epoch, isFenced } = self
  if (!lease) return epoch === 0 && !isFenced ? 'take' : 'hold'
  if (lease.holder === gateway && lease.epoch === epoch) {
    if ((self.isStarting || isFenced) && self.readyOther !== undefined) return 'give up'
    return lease.wanted !== null && lease.wanted === self.readyOther ? 'hand over' : 'hold'
  }
  if (epoch !== 0 || !isFree(lease)) return 'step down'
  return isLongFree(self) && !isFenced ? 'take' : 'hold'
}

function whileStandingBy(self: Self, lease: Lease | undefined): PairStep {
  if (self.canTakeOver === 'no') return 'wait'
  if (!lease) return isLongFree(self) ? 'take' : 'wait'
  // Its own word came through although the answer to it was lost, or it was killed in that moment.
  if (lease.holder === self.gateway && lease.epoch > self.knownEpoch) return 'take'
  if (lease.isReleased && lease.wanted === self.gateway) return 'take'
  if (!isFree(lease)) return 'wait'
  // Whoever gave it back has said who is to have it: that one has seen what this one may have missed.
  const isForOther = lease.wanted !== null && lease.wanted !== self.gateway
  if (isForOther) return isLongFree({ ...self, canTakeOver: 'poorly' }) ? 'take' : 'wait'
  const isAtOnce = self.hasSeenHeld && self.canTakeOver === 'yes'
  return isAtOnce || isLongFree(self) ? 'take' : 'wait'
}

/** Whether nobody holds a lease any more. */
export function isFree({ isExpired, isReleased }: Lease): boolean {
  return isExpired || isReleased
}

/**
 * Whoever comes to a lease that has expired already does not know why: perhaps central was away, and the active one is about to come
 * back as well. It is given the half of a lease. One that sees its machines poorly gives the other a whole one.
 */
function isLongFree({ freeSinceMs, nowMs, leaseMs, canTakeOver }: Self): boolean {
  return (
    freeSinceMs !== undefined && nowMs - freeSinceMs >= (canTakeOver === 'poorly' ? leaseMs : leaseMs / 2)
  )
}
