/**
 * Machine status and downtime from what a machine shows: (map, memory, input) → memory and events. Pure: no clock, no I/O.
 *
 * Time moves only with contact. A status is committed when it has held for its debounce, and then reaches back to its
 * first sample. What was not seen is never claimed: a machine out of sight closes at its last good sample (on-loss.ts).
 * What is seen, and up to when, is worked out from what is held at each moment, and never remembered (judging/sight.ts).
 */
import type { DeviceMessage } from '../domain/device.ts'
import type { MachineEvent } from '../domain/events/machine.ts'
import { earlierOf, elapsedMs, type Instant, laterOf } from '../domain/instant.ts'
import type { MachineMap, StatusRule } from '../domain/machine-map.ts'
import type { PlannedMessage } from '../domain/planned-time.ts'
import type { Reading } from '../domain/signal.ts'
import type { Context, MesStatusMessage, ServiceMessage, Stall, Taken, Tick } from '../domain/subject.ts'
import { change, changeUnsettled, type Draft, see } from './draft.ts'
import { forgetShownAfter, newCandidate, showStatus } from './judging/candidates.ts'
import { stopOfItsOwn } from './judging/own-stop.ts'
import { rejudge } from './judging/rejudge.ts'
import { beginAtOnce, settleHeld, settleTurn } from './judging/settle.ts'
import { isInSight, type MachineSight, sightAt } from './judging/sight.ts'
import { keyOf, reasonNow } from './judging/verdict.ts'
import { comeBack, dropUnproven, isOutOfSight, isUnbroken, lose, wakeForLossMs } from './on-loss.ts'
import { endAll, takeService } from './out-of-service.ts'
import { ruleInForce, ruleWhileUnproven } from './people/declare.ts'
import { takeMesStatus } from './people/in-mes.ts'
import { takeContext } from './people/take-context.ts'
import { certainTo } from './people/trial-run.ts'
import { settleRowTo } from './planned/settle-row.ts'
import { takePlanned } from './planned/take-planned.ts'
import { passOrder } from './planned/turn-row.ts'
import { isStop, learnOrder } from './rows/downtime.ts'
import { splitAtClock, splitInterval } from './rows/intervals.ts'
import { learnOfStop } from './rows/last-stop.ts'
import { splitStop } from './rows/row.ts'
import { awaitedTo, type Brought, boundClaims, nextMoment, perceive } from './seeing/perceive.ts'
import { extendContact, forgetRemembered, loseContact, momentsOf, takeSamples } from './seeing/seeing.ts'
import { isOrderScanned, isOrderUnread, workOrderNow } from './seeing/work-order.ts'
import { intervalOf, type MachineState, type Memory, type OpenInterval, unsettledOf } from './state.ts'
import type { WaitingMoment } from './view.ts'
import { byRowClock, followWallClock } from './wall-clock.ts'
import { IN_SHADOW, UNMAPPED } from './why-unseen.ts'

/** What moves a machine's status: readings, links that come and go, what people say here and in the MES, shifts, and time. */
export type Input =
  | DeviceMessage
  | Context
  | ServiceMessage
  | MesStatusMessage
  | PlannedMessage
  | Tick
  | Stall

interface Derived {
  readonly memory: Memory
  readonly events: readonly MachineEvent[]
  /** What became of the durable state. `soon`: a restart should know of it, and loses little if it does not. */
  readonly saving: 'nothing' | 'soon' | 'now'
  /** When the machine wants a tick even if nothing comes from it, on the monotonic clock; undefined if never. */
  readonly wakeAtMs: number | undefined
}

/** Takes in one input. */
export function derive(map: MachineMap, memory: Memory, input: Input): Derived {
  const draft: Draft = { map, state: memory.durable, view: memory.view, events: [] }
  if (input.kind === 'reading') takeReading(draft, input.device, input.reading)
  else if (input.kind === 'tick') takeTick(draft, input.at)
  else if (input.kind === 'stall') see(draft, { stall: input })
  else if (input.kind === 'context') takeSaid(draft, input)
  else if (input.kind === 'service') takeService(draft, input)
  else if (input.kind === 'planned') takePlanned(draft, input)
  else if (input.kind === 'mes-status') takeSetInMes(draft, input)
  else if (!input.up) takeLinkDown(draft, input)
  return {
    memory: { durable: draft.state, view: draft.view },
    events: draft.events,
    saving: savingOf(memory.durable, draft, input.kind),
    wakeAtMs: wakeForLossMs(draft),
  }
}

/** A scanner is told that a scan is safe: whatever came of it must be. */
function savingOf(before: MachineState, { state, events }: Draft, kind: Input['kind']): Derived['saving'] {
  if (state === before) return 'nothing'
  if (kind === 'context' || kind === 'service' || kind === 'mes-status') return 'now'
  const hasTurned = before.phase.kind !== state.phase.kind
  const isDoubted = before.doubtedMs !== state.doubtedMs
  return events.length > 0 || hasTurned || isDoubted || unsettledOf(before.phase) !== unsettledOf(state.phase)
    ? 'now'
    : 'soon'
}

/**
 * The machine's map is gone, or is in shadow from now on: what is open ends where the machine was last seen, and from there on
 * it is not seen.
 */
export function retire(map: MachineMap, memory: Memory): Taken {
  const draft: Draft = { map, state: memory.durable, view: memory.view, events: [] }
  endAll(draft, map.isShadow ? IN_SHADOW : UNMAPPED)
  return { events: draft.events, state: draft.state }
}

function takeTick(draft: Draft, at: Instant): void {
  followWallClock(draft, at)
  const now = byRowClock(draft, at)
  if (isOutOfSight(draft, now)) lose(draft, now)
}

/** What was said, and what follows where the machine is released. */
function takeSaid(draft: Draft, context: Context): void {
  followWallClock(draft, context.at)
  if (!draft.state.isInService) return
  const at = byRowClock(draft, context.at)
  takeContext(draft, context, at)
  if (context.declared === null) look(draft, at)
}

/** What people set in the MES, and what follows where they end it. */
function takeSetInMes(draft: Draft, message: MesStatusMessage): void {
  followWallClock(draft, message.at)
  if (!draft.state.isInService) return
  const at = byRowClock(draft, message.at)
  if (takeMesStatus(draft, message, at)) look(draft, at)
}

/** A device of which nothing is needed now takes nothing out of sight. */
function takeLinkDown(draft: Draft, { device, cause, at }: Extract<DeviceMessage, { kind: 'link' }>): void {
  loseContact(draft, device, cause)
  if (!isInSight(sightAt(draft, byRowClock(draft, at)))) see(draft, { sightSince: null })
}

function takeReading(draft: Draft, device: string, reading: Reading): void {
  followWallClock(draft, reading.at)
  const shownTo = draft.view.contacts[device]
  const moments = momentsOf(draft.map, reading.samples, shownTo).map(({ at, samples }) => ({
    at: byRowClock(draft, at),
    samples,
  }))
  const completeTo = byRowClock(draft, reading.completeTo)
  if (draft.map.perceived.length > 0) {
    takePerceived(draft, { device, moments, completeTo })
    if (!shownTo) forgetRemembered(draft, device)
    return
  }
  for (const moment of moments)
    takeMoment(draft, { ...moment, device, wasInContact: draft.view.contacts[device] !== undefined })
  extendContact(draft, device, completeTo)
  if (!shownTo) forgetRemembered(draft, device)
  look(draft, draft.view.contacts[device] ?? reading.at)
}

/** What some signals mean shows only later: what is shown meanwhile is taken in when its turn comes. */
function takePerceived(draft: Draft, brought: Brought): void {
  const { device, completeTo, moments } = brought
  perceive(draft, brought)
  extendContact(draft, device, laterOf(moments.at(-1)?.at ?? completeTo, completeTo))
  for (let next = nextMoment(draft); next; next = nextMoment(draft)) takeMoment(draft, next)
  const contact = draft.view.contacts[device] ?? completeTo
  const settledTo = boundClaims(draft)
  const at = settledTo ? earlierOf(settledTo, contact) : contact
  const isSeen = look(draft, at)
  const sight = sightAt(draft, at)
  const inTouchTo = isSeen && 'contactTo' in sight ? sight.contactTo : awaitedTo(draft)
  if (inTouchTo) see(draft, { inTouchTo })
}

/**
 * What was shown before held until this moment, if the device was in contact all the time; now it shows something else. Where
 * that is no use, the machine was last seen with what came before.
 */
function takeMoment(draft: Draft, moment: WaitingMoment): void {
  const { at, device, wasInContact } = moment
  const { lastSeen } = draft.state
  extendContact(draft, device, at)
  const wasSeen = wasInContact && isUnbroken(draft, at) && lookBefore(draft, at)
  takeSamples(draft, moment, wasSeen)
  const isSeen = look(draft, at)
  if (wasSeen && !isSeen && lastSeen)
    change(draft, { lastSeen: earlierOf(lastSeen, draft.state.lastSeen ?? lastSeen) })
}

/** What another device began to show at this very moment has not held before it. */
function lookBefore(draft: Draft, at: Instant): boolean {
  const current = unsettledOf(draft.state.phase)?.candidates.at(-1)
  if (!current || elapsedMs(current.since, at) > 0) return look(draft, at)
  return isInSight(sightAt(draft, at))
}

/** Looks at the machine as it is at a moment, and settles what can be. @returns whether it is in sight */
function look(draft: Draft, at: Instant): boolean {
  if (!draft.state.isInService) return false
  const sight = sightAt(draft, at)
  const since = isInSight(sight) ? (draft.view.sightSince ?? at) : null
  if (since !== draft.view.sightSince) see(draft, { sightSince: since })
  switch (sight.kind) {
    case 'undecided':
      return false
    case 'unproven':
      showUnproven(draft, ruleWhileUnproven(draft, sight.rule), at)
      return false
    case 'frozen':
      unsee(draft, sight.lastBeat)
      return false
    case 'transient':
      comeBack(draft, intervalOf(draft.state.phase)?.key, at)
      changeUnsettled(draft, null)
      seeUpTo(draft, sight.upTo)
      settleRow(draft)
      return true
    case 'rule':
      if (since && sight.lastBeat && elapsedMs(since, sight.lastBeat) < 0) {
        showUnproven(draft, ruleWhileUnproven(draft, sight.rule), at)
        return false
      }
      showRule(draft, { ...sight, rule: ruleInForce(draft, sight, at) }, at)
      return true
  }
}

/** Nothing proves yet that the PLC runs, since it is in sight: what it shows is collected. */
function showUnproven(draft: Draft, rule: StatusRule, at: Instant): void {
  dropUnproven(draft, at)
  rejudge(draft, rule, at)
  showStatus(draft, rule, at)
}

function showRule(draft: Draft, sight: Extract<MachineSight, { kind: 'rule' }>, at: Instant): void {
  const { rule, upTo } = sight
  const key = keyOf(draft, rule)
  comeBack(draft, key, at)
  rejudge(draft, rule, at)
  settleTurn(draft, key, sight)
  // All devices must have been seen since: another one may show something else at the same moment.
  const isWhole = elapsedMs(draft.view.sightSince ?? at, upTo) >= 0
  if (draft.state.phase.kind === 'gap' && isWhole) beginAtOnce(draft, newCandidate(draft, rule, at), sight)
  showStatus(draft, rule, at)
  seeUpTo(draft, upTo)
  settleHeld(draft, sight)
  followRow(draft, rule, at)
  settleRow(draft)
}

function seeUpTo(draft: Draft, upTo: Instant): void {
  const { lastSeen } = draft.state
  change(draft, { lastSeen: lastSeen ? laterOf(lastSeen, upTo) : upTo })
}

/** What is learnt of the open interval while its status is shown: another work order, a fault code that came late. */
function followRow(draft: Draft, rule: StatusRule, at: Instant): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval || unsettledOf(draft.state.phase) || interval.key !== keyOf(draft, rule)) return
  const next = isStop(draft, rule.is) ? stopOfItsOwn(draft, rule, interval) : undefined
  if (next) splitStop(draft, next.since, next.reason)
  else learnOfStop(draft, reasonNow(draft, rule, interval.reason, interval.onset, at))
  followOrder(draft, interval, at)
}

function followOrder(draft: Draft, interval: OpenInterval, at: Instant): void {
  const workOrder = workOrderNow(draft)
  if (draft.state.orderAwaitedBy === interval.stampMs && !isOrderUnread(draft)) {
    change(draft, { orderAwaitedBy: null })
    // What is read so soon after the beginning was so at the beginning: a silence as short as this is no loss either.
    if (elapsedMs(interval.onset, at) <= draft.map.onCommLoss.afterMs) {
      if (workOrder !== null) learnOrder(draft, workOrder)
      return
    }
  }
  if (workOrder === interval.workOrder || isOrderScanned(draft)) return
  if (interval.status !== 'running') {
    if (!isOrderUnread(draft)) passOrder(draft, at, workOrder)
    return
  }
  splitAtClock(draft, at)
  splitInterval(draft, at, { workOrder })
}

/**
 * Writes what is certain about the open interval. While another status waits to be believed, that is what was so before it was
 * first shown: the interval may have ended there.
 */
function settleRow(draft: Draft): void {
  const upTo = certainTo(draft)
  if (upTo) settleRowTo(draft, upTo)
}

/** A PLC that answers with frozen registers was last seen when its heartbeat last changed. */
function unsee(draft: Draft, lastBeat: Instant | null): void {
  const { lastSeen } = draft.state
  see(draft, { inTouchTo: null })
  if (lastBeat && lastSeen && elapsedMs(lastBeat, lastSeen) > 0) change(draft, { lastSeen: lastBeat })
  forgetShownAfter(draft, lastBeat)
}
