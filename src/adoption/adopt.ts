/**
 * Takes this gateway's stream over, after a fork, an old disk image or a replaced disk; with the gateway stopped.
 *
 * It gives the log a new identity, and no destination takes events of a log that it does not know. So every route is taken over in
 * the same run, also one that agrees with the log: it is carried along. Only what those need that must deliver is kept. The process may end between
 * any two of the steps, and running it again finishes the work:
 *
 * 1. Each route that agrees is brought in step, as the gateway itself does whenever it connects. Its cursor then stands where
 *    its destination stands. A fenced route's cursor stands where it was acknowledged last; nothing moves it.
 * 2. What the MES must not get is written to a file and synced: nothing is left out before it is there.
 *    For a refill, the MES's cursor then goes back to before what is to be sent again.
 * 3. The closings of rows that no gateway would ever close are appended, with the machines' new states, in one commit. They are
 *    ordinary unacknowledged events; a second run meets them as such and finds no row to close any more.
 * 4. The log begins a new incarnation, in one commit, and is captured for whoever was met from then on. Every event that some
 *    route still needs comes along, what the MES must not get is marked as left out for it alone, and each cursor stands before
 *    the first event that its route needs. All destinations still name an older incarnation, so nothing is pushed to any of them.
 * 5. One destination after the other takes the new incarnation over at its route's cursor, in a transaction of its own that
 *    also writes the incident, and only where it stands as it did after step 1. Only from here on does the gateway push to it.
 *
 * A second run after step 4 finds those that were taken over in agreement, and the others fenced. It carries the former along
 * into one more incarnation and takes the latter over, each at its cursor: that is why no step depends on which of them it
 * was. Events that were left out stay so, by their marks.
 *
 * The log comes before the destinations because its fence holds by itself: the other order would let a half-filtered log be
 * pushed.
 */
import type { BufferOutbox } from '../buffer/outbox.ts'
import type { Incident, StreamHead } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Instant } from '../domain/instant.ts'
import type { Recipient } from '../domain/recipient.ts'
import { CENTRAL } from '../routes/mes/route.ts'
import { writeIfPossible } from '../uploader/acknowledge.ts'
import { lossIncidents } from '../uploader/losses.ts'
import { sameHead } from '../uploader/resync.ts'
import { synchronise } from '../uploader/synchronise.ts'
import type { LeftOut } from './left-out.ts'
import type { AdoptionPlan } from './plan.ts'
import { isFenced, type RouteSide, waitingFor } from './sides.ts'

interface Adoption {
  readonly outbox: BufferOutbox
  /** Every route that could be looked at, as it was found. */
  readonly sides: readonly RouteSide[]
  readonly plan: AdoptionPlan
  readonly leftOut: LeftOut
  readonly now: Instant
}

/** A route that was not taken over: its destination has moved, or what else kept it. */
interface NotTakenOver {
  readonly name: string
  readonly why: 'moved' | DestinationError
}

interface Adopted {
  /** Empty when all is done; else adopt must be run again. */
  readonly notTakenOver: readonly NotTakenOver[]
  /** The file with the events that were left out; undefined when there were none. */
  readonly leftOutFile: string | undefined
}

/** What destinations are told besides that they were taken over. */
interface Told {
  readonly losses: readonly Incident[]
  readonly leftOutFile: string | undefined
}

/** A route, and how far its stream must still be when it is taken over. */
interface SteadySide {
  readonly side: RouteSide
  readonly head: StreamHead | undefined
}

/**
 * The five steps of this file's head.
 * @throws DestinationError, StoreError
 */
export async function adopt(adoption: Adoption): Promise<Adopted> {
  const { outbox, sides, plan, leftOut, now } = adoption
  const steady: SteadySide[] = []
  for (const side of sides) {
    const found = await bringInStep(outbox, side)
    if (!found) return { notTakenOver: [{ name: side.name, why: 'moved' }], leftOutFile: undefined }
    steady.push(found)
  }
  const leftOutFile = leftOut.sync()
  const losses = await outbox.losses()
  if (plan.afterSeq !== null) await goBackTo(outbox, plan.afterSeq)
  if (plan.events.length > 0 || Object.keys(plan.states).length > 0)
    await outbox.append({ at: now, events: plan.events, states: plan.states })
  const leaveOut = { consumer: CENTRAL, seqs: plan.leftOut }
  await outbox.beginIncarnation(epochAbove(steady, outbox), leaveOut, recipientsOf(sides))
  const told = { losses: lossIncidents(losses), leftOutFile }
  const notTakenOver = await takeOverAll(adoption, steady, told)
  // Where that cannot be noted now, the gateway tells it again, and it is written down once all the same.
  const ids = losses.map(({ id }) => id)
  if (notTakenOver.length === 0) await writeIfPossible(() => outbox.lossesTold(ids))
  return { notTakenOver, leftOutFile }
}

/** What is retained and will be sent again counts as not acknowledged. */
async function goBackTo(outbox: BufferOutbox, afterSeq: number): Promise<void> {
  const { seq } = await outbox.cursor(CENTRAL)
  if (afterSeq < seq) await outbox.rewind(CENTRAL, afterSeq)
}

/** From the new incarnation on, the log is captured for those who were met. */
function recipientsOf(sides: readonly RouteSide[]): Readonly<Record<string, Recipient>> {
  return Object.fromEntries(
    sides.flatMap(({ name, session }) => (session.recipient ? [[name, session.recipient]] : [])),
  )
}

/** Undefined where the destination's stream is no longer as it was seen. */
async function bringInStep(outbox: BufferOutbox, side: RouteSide): Promise<SteadySide | undefined> {
  const { name, must, session, found } = side
  if (isFenced(side)) return { side, head: found.head }
  const outcome = await synchronise(session, { outbox, consumer: name, must })
  if (outcome.kind !== 'ready') return undefined
  return { side, head: { ...outbox.identity, ...outcome.agreement.at } }
}

/** Higher than that of any incarnation that one of the sides has seen. */
function epochAbove(steady: readonly SteadySide[], { identity }: BufferOutbox): number {
  return Math.max(identity.epoch, ...steady.map(({ head }) => head?.epoch ?? 0)) + 1
}

/** A destination that cannot be taken over does not keep the others from it. */
async function takeOverAll(
  adoption: Adoption,
  steady: readonly SteadySide[],
  told: Told,
): Promise<readonly NotTakenOver[]> {
  const notTakenOver: NotTakenOver[] = []
  for (const one of steady) {
    const { name } = one.side
    try {
      if (!(await takeOver(adoption, one, told))) notTakenOver.push({ name, why: 'moved' })
    } catch (error) {
      if (!(error instanceof DestinationError)) throw error
      notTakenOver.push({ name, why: error })
    }
  }
  return notTakenOver
}

/** False where the destination no longer stands as it was seen. */
async function takeOver(
  { outbox, plan }: Adoption,
  { side, head }: SteadySide,
  { losses, leftOutFile }: Told,
): Promise<boolean> {
  const beginning = await outbox.cursor(side.name)
  const waiting = side.must === 'deliver' ? waitingFor(side) : (await outbox.tail()).seq - beginning.seq
  const incident = incidentOf(outbox, { side, head, waiting }, plan, leftOutFile)
  const concernsIt = !(isFenced(side) && side.found.decision.reason === 'other organization')
  return side.session.transaction(async (transaction) => {
    if (!sameHead(transaction.head, head)) return false
    await transaction.begin(outbox.identity, beginning)
    await transaction.record(incident)
    if (concernsIt) for (const loss of losses) await transaction.record(loss, { once: true })
    return true
  })
}

/** What was left out, and where it lies, concerns the MES alone; the closings go to every route. */
function incidentOf(
  { identity }: BufferOutbox,
  { side, head, waiting }: SteadySide & { readonly waiting: number },
  plan: AdoptionPlan,
  file: string | undefined,
): Incident {
  const { decision, local } = side.found
  const isPlanned = isFenced(side) && side.name === CENTRAL
  return {
    kind: 'adoption',
    detail: {
      reason: decision.kind === 'fence' ? decision.reason : 'carried along',
      central: head ? { ...head, hash: Buffer.from(head.hash).toString('hex') } : null,
      log: { ...local.identity, tailSeq: local.tailSeq, acknowledgedSeq: local.acknowledgedSeq },
      adopted: identity,
      keptEvents: isPlanned ? plan.kept : waiting,
      leftOutEvents: isPlanned ? plan.leftOut.length : 0,
      leftOutFile: isPlanned ? (file ?? null) : null,
      closingEvents: plan.events.length,
    },
  }
}
