/** What `millrace buffer adopt` says before anything is changed: what both sides are, and what would be done. */
import type { AdoptionPlan } from '../../adoption/plan.ts'
import { mayRefill } from '../../adoption/scope.ts'
import {
  type FencedSide,
  fencedMes,
  isFenced,
  type RouteSide,
  type RouteSides,
  waitingFor,
} from '../../adoption/sides.ts'
import type { BufferOutbox } from '../../buffer/outbox.ts'
import { withHint } from '../../domain/errors.ts'
import { ownerCode } from '../../domain/owner.ts'
import { fenceCause } from '../../uploader/causes.ts'
import type { FenceReason } from '../../uploader/resync.ts'

/** Of the column in which each line says what it is about. */
const LABEL_WIDTH = 10

/** What it is about, and what is to be said. */
type Line = readonly [label: string, text: string]

/** What the log and each destination say of themselves. */
export function describeSides({ all, leftBehind }: RouteSides, { identity }: BufferOutbox): string {
  const tailSeq = Math.max(0, ...all.map(({ found }) => found.local.tailSeq))
  const pending = Math.max(0, ...all.map(({ found }) => found.local.tailSeq - found.local.acknowledgedSeq))
  const log = `incarnation ${identity.incarnation}, epoch ${identity.epoch}, up to event ${tailSeq}, ${pending} unacknowledged`
  const behind = leftBehind.map(
    ({ name, why }): Line => [name, `cannot be looked at: ${withHint(why.message, why.hint)}`],
  )
  return lines([['this log', log], ...all.flatMap(describeSide), ...behind])
}

function describeSide(side: RouteSide): readonly Line[] {
  const { name, found } = side
  const { head } = found
  const place = head
    ? `incarnation ${head.incarnation}, epoch ${head.epoch}, up to event ${head.seq}`
    : 'has no stream of this gateway'
  if (!isFenced(side)) return [[name, `${place}; agrees with this log`]]
  return [
    [name, place],
    ['fence', fenceCause(name, side.found.decision.reason, found)],
  ]
}

/** One at best effort keeps no other from being taken over. */
const LEFT_BEHIND = 'is not taken over; it will be fenced, until adopt is run again while it answers'

/** Every route is taken over, also one that agrees. */
export function describePlan(sides: RouteSides, plan: AdoptionPlan): string {
  const mes = fencedMes(sides)
  const planned = sides.all.map((side): Line => {
    if (side.must === 'best-effort')
      return ['plan', `${side.name}: goes on with what is still kept, at best effort`]
    if (side !== mes) return ['plan', `${side.name}: ${waitingFor(side)} events still go there`]
    return ['plan', `${side.name}: ${plan.kept} events still go there, ${plan.leftOut.length} are left out`]
  })
  const behind = sides.leftBehind.map(({ name }): Line => ['plan', `${name}: ${LEFT_BEHIND}`])
  return lines([
    ...planned,
    ...behind,
    ...(mes ? notesOf(mes, plan) : []).map((note): Line => ['', `(${note})`]),
  ])
}

function notesOf(mes: FencedSide, { leftOut, events, afterSeq }: AdoptionPlan): readonly string[] {
  const { reason } = mes.found.decision
  const closed = events
    .filter(({ kind }) => kind === 'status.amended')
    .map(({ subject }) => ownerCode(subject))
  return [
    ...(leftOut.length > 0
      ? [
          WHY_LEFT_OUT[reason] ??
            'central has them, or rows of the same time, or nothing that they amend; they are kept in a file',
        ]
      : []),
    ...(NOTES[reason] ?? []),
    ...refillNotes(mes, afterSeq),
    ...takenStream(mes),
    ...(closed.length > 0
      ? [`open rows in central that nobody continues are ended: ${[...new Set(closed)].join(', ')}`]
      : []),
  ]
}

const WHY_LEFT_OUT: Partial<Record<FenceReason, string>> = {
  'other organization':
    'they were captured for the other organization and are never sent to this one; they are kept in a file',
  'other gateway':
    'they were captured under the other name; they are kept in a file. To deliver them, set gateway back, and adopt once nothing is pending',
}

const NOTES: Partial<Record<FenceReason, readonly string[]>> = {
  'other organization': [
    'what was seen of the machines is forgotten: each begins anew with what it shows next',
    'rows that are open at the other organization stay open there: end them in the MES',
  ],
}

/** Only where central may lack what it once had. */
function refillNotes(mes: FencedSide, afterSeq: number | null): readonly string[] {
  const { acknowledgedSeq, beforeKept } = mes.found.local
  const retained = acknowledgedSeq - beforeKept.seq
  if (!mayRefill(mes) || retained === 0 || afterSeq === null) return []
  const which = `events ${beforeKept.seq + 1} to ${acknowledgedSeq}, which were delivered once and are still kept here`
  return afterSeq < acknowledgedSeq
    ? [`${which}, go there as far as rows of them are lacking`]
    : [`${which}, are not sent again; with --refill they are, as far as central lacks their rows`]
}

/** A stranger's stream under our name may be somebody's who is at work. */
function takenStream({ found: { head, decision } }: FencedSide): readonly string[] {
  const isStrange = decision.reason === 'other organization' || decision.reason === 'other gateway'
  if (!head || !isStrange) return []
  return [
    'central has a stream of this name already: if another gateway delivers there, it is fenced from then on',
  ]
}

/** What makes it happen. */
export const ADD_YES = 'to do it, add --yes'

/** What must be made sure of before it happens. */
export function beforeYes({ found: { decision, damage } }: FencedSide): string {
  const mayBeTwo: readonly FenceReason[] = ['other incarnation', 'ahead of our log', 'other history']
  return mayBeTwo.includes(decision.reason) && !damage
    ? 'once the other gateway is stopped for good, add --yes'
    : ADD_YES
}

function lines(all: readonly Line[]): string {
  return all.map(([label, text]) => `${label.padEnd(LABEL_WIDTH - 1)} ${text}\n`).join('')
}
