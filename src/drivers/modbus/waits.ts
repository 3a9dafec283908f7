/**
 * How long a line waits for one unit, where others want it too. Behind a gateway ({@link Channel.mayQueue}) requests queue up, and
 * asking for another unit meanwhile gains nothing. A wire is free again as soon as we do not wait any more: so there the others have
 * their turn before each repeat, and only the last try is waited for in full.
 */
import type { Channel } from './transports/transport.ts'
import type { Turns } from './turns.ts'
import type { UnderWay } from './under-way.ts'

interface OnLine {
  readonly channel: Pick<Channel, 'mayQueue'>
  readonly isShared: boolean
  readonly turns: Turns
}

/**
 * How often a request may be sent in one turn. A unit that is not known to be there lets the others have theirs after each wait,
 * and one that may have to wait for another is not asked twice: both requests would be carried out.
 */
export function sendsMaxOf({ read, graceMs }: UnderWay, { channel, isShared, turns }: OnLine): number {
  if (graceMs > 0) return 1
  if (!isShared) return read.sendsMax
  return channel.mayQueue && turns.isThere(read.user.unit) ? read.sendsMax : 1
}

/** How long the last send of a turn is waited for. */
export function timeoutMsOf({ read, graceMs }: UnderWay, { channel, isShared, turns }: OnLine): number {
  if (!isShared || channel.mayQueue) return read.timeoutMs + graceMs
  if (turns.isSilent(read.user.unit)) return turns.probeMs(read)
  return read.sendsMax > 1 ? read.patienceMs : read.timeoutMs
}

/** No answer came. On a wire that counts once for all tries of a request. */
export function missed(
  { read, firstMs }: UnderWay,
  { channel, turns, nowMs }: Pick<OnLine, 'channel' | 'turns'> & { readonly nowMs: number },
): void {
  const { unit } = read.user
  const isRepeated = !channel.mayQueue && read.sendsMax > 1 && !turns.isSilent(unit)
  if (!isRepeated) turns.missed(unit, firstMs, nowMs)
}
