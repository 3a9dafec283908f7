/**
 * How much of a log an adoption brings along, by why its route into the MES is fenced. What was captured for another organization, or
 * under another gateway's name, is never sent to this one: whoever wants it there has it in a file.
 */
import type { FenceReason } from '../uploader/resync.ts'
import type { FencedSide } from './sides.ts'

/** What of the log is looked at, and what of it may be sent. */
export interface AdoptionScope {
  /** What follows this event is looked at. */
  readonly afterSeq: number
  /** Every event is left out, whatever central has. */
  readonly leavesAllOut: boolean
  /** What was seen of the machines belongs to somebody else: each begins as never seen. */
  readonly forgetsMachines: boolean
  /** The rows of the machines are those of the other gateway of a pair: none is sent, and none is ended. */
  readonly leavesMachines: boolean
}

/** Where central may lack what the log has delivered. */
const MAY_LACK: readonly FenceReason[] = [
  'other database',
  'unproven database',
  'older timeline',
  'stream row missing',
]

/** Whether what is retained may be sent again, because central may lack it. */
export function mayRefill({ found }: FencedSide): boolean {
  return MAY_LACK.includes(found.decision.reason)
}

interface ScopeOptions {
  /** Also what was acknowledged and is still kept, as far as central lacks it. */
  readonly refill: boolean
  readonly leavesMachines: boolean
}

export function scopeOf({ found }: FencedSide, { refill, leavesMachines }: ScopeOptions): AdoptionScope {
  const { local, decision } = found
  const { reason } = decision
  return {
    afterSeq: refill ? local.beforeKept.seq : local.acknowledgedSeq,
    leavesAllOut: reason === 'other organization' || reason === 'other gateway',
    forgetsMachines: reason === 'other organization',
    leavesMachines,
  }
}
