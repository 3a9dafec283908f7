/** Whose the rows of the machines are where this gateway belongs to a pair. */
import type { LeaseKeeper } from '../domain/lease.ts'
import type { Outbox } from '../domain/outbox.ts'
import { PAIR, type PairStanding } from '../pair/standing.ts'

interface Asked {
  readonly keeper: LeaseKeeper
  readonly outbox: Pick<Outbox, 'states'> & Pick<Outbox, 'identity'>
  readonly gateway: string
  readonly signal: AbortSignal
}

/**
 * Whether an adoption must leave the rows of the machines alone: the other gateway has taken over since this one wrote last, or the log
 * is a new one and knows nothing of that. What is open in central then is the other one's to end. Whoever takes over joins on to it.
 * @throws DestinationError
 */
export async function leavesMachines({ keeper, outbox, gateway, signal }: Asked): Promise<boolean> {
  const standing = (await outbox.states())[PAIR] as PairStanding | undefined
  const { incarnation } = outbox.identity
  await using session = await keeper.connect(signal)
  const { lease } = await session.look(undefined)
  // Nobody ever had the lease: until now this gateway was alone with its machines.
  if (!lease) return false
  const isStillActive = lease.holder === gateway && lease.epoch === standing?.epoch
  return !(isStillActive && standing?.incarnation === incarnation)
}
