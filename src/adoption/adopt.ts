/**
 * Takes this gateway's stream in central over, after a fork, an old disk image or a replaced disk; with the gateway stopped.
 *
 * The order of the steps is such that the process may end between any two of them, and running it again finishes the work:
 *
 * 1. What must be left out is written to a file and synced: nothing is removed before it lies there.
 * 2. The closings of rows that no gateway would ever close are appended, with the machines' new states, in one commit. Until
 *    step 3 they are ordinary unacknowledged events; a second run meets them as such and finds no row to close any more.
 * 3. The log begins a new incarnation, in one commit. Central still names the old one, so nothing is pushed.
 * 4. Central takes the new incarnation over, in one transaction that also writes the incident, and only where it stands as
 *    it did before step 1. Only from here on does the gateway push; a second run finds both sides in agreement.
 *
 * The local side comes first because its fence holds by itself: the other order would let a half-filtered log be pushed.
 */
import type { BufferOutbox } from '../buffer/outbox.ts'
import type { DestinationSession, Incident } from '../domain/destination.ts'
import type { Instant } from '../domain/instant.ts'
import { CENTRAL } from '../routes/mes/route.ts'
import { sameHead } from '../uploader/resync.ts'
import type { Look } from '../uploader/synchronise.ts'
import type { LeftOut } from './left-out.ts'
import type { AdoptionPlan } from './plan.ts'

/** Both sides, as they were found to disagree. */
type FencedLook = Look & { readonly decision: { readonly kind: 'fence' } }

interface Adoption {
  readonly outbox: BufferOutbox
  readonly session: DestinationSession
  readonly found: FencedLook
  readonly plan: AdoptionPlan
  readonly leftOut: LeftOut
  readonly now: Instant
}

interface Adopted {
  /** False where central has moved meanwhile: another gateway still writes under this name, and nothing was taken over. */
  readonly isTakenOver: boolean
  /** Where the events lie that were left out; undefined when there were none. */
  readonly leftOutFile: string | undefined
}

export function isFenced(found: Look): found is FencedLook {
  return found.decision.kind === 'fence'
}

/** The four steps of this file's head. */
export async function adopt(adoption: Adoption): Promise<Adopted> {
  const { outbox, found, plan, leftOut, now } = adoption
  const leftOutFile = leftOut.sync()
  if (plan.events.length > 0 || Object.keys(plan.states).length > 0)
    await outbox.append({ at: now, events: plan.events, states: plan.states })
  const epoch = Math.max(found.local.identity.epoch, found.head?.epoch ?? 0) + 1
  await outbox.beginIncarnation(epoch, { consumer: CENTRAL, seqs: plan.leftOut })
  return { isTakenOver: await takeOver(adoption, leftOutFile), leftOutFile }
}

/** False where central no longer stands as it was seen. */
async function takeOver(
  { outbox, session, found, plan }: Adoption,
  file: string | undefined,
): Promise<boolean> {
  const beginning = await outbox.cursor(CENTRAL)
  return session.transaction(async (transaction) => {
    if (!sameHead(transaction.head, found.head)) return false
    await transaction.begin(outbox.identity, beginning)
    await transaction.record(incidentOf({ outbox, found, plan }, file))
    return true
  })
}

function incidentOf(
  { outbox, found, plan }: Pick<Adoption, 'outbox' | 'found' | 'plan'>,
  file: string | undefined,
): Incident {
  const { head, local, decision } = found
  const before = head && { ...head, hash: Buffer.from(head.hash).toString('hex') }
  return {
    kind: 'adoption',
    detail: {
      reason: decision.reason,
      central: before ?? null,
      log: { ...local.identity, tailSeq: local.tailSeq, acknowledgedSeq: local.acknowledgedSeq },
      adopted: outbox.identity,
      keptEvents: plan.kept,
      leftOutEvents: plan.leftOut.length,
      leftOutFile: file ?? null,
      closingEvents: plan.events.length,
    },
  }
}
