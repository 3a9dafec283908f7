/**
 * Machine status and downtime from what a machine shows: (map, memory, input) → memory and events. Pure: no clock, no I/O.
 *
 * Time moves only with contact. A status is committed when it has held for its debounce, and then reaches back to its
 * first sample. What was not seen is never claimed: a machine out of sight closes at its last good sample (on-loss.ts).
 * A rule decides only on values that are there and good (rules.ts).
 */
import type { DeviceMessage } from '../domain/device.ts'
import type { Event } from '../domain/event.ts'
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { MachineMap, StatusRule } from '../domain/machine-map.ts'
import type { Reading, Sample, SignalValue } from '../domain/signal.ts'
import { change, type Draft, see } from './draft.ts'
import { causeText, decide, isTransient } from './judging/rules.ts'
import { holdMs, keyOf, reasonNow } from './judging/verdict.ts'
import { comeBack, isOutOfSight, lose, wakeForLossMs } from './on-loss.ts'
import { beginStop, changeReason, endStop, isLong, isStop, recordStop } from './rows/downtime.ts'
import { closeInterval, openInterval, splitAtMidnights, splitInterval } from './rows/intervals.ts'
import { relevantOf } from './seeing/relevant.ts'
import { forgetDevice, frozenSince, interrupt, seenUpTo, takeSamples } from './seeing/seeing.ts'
import { type Candidate, type Memory, NO_REASON } from './state.ts'

export type Input = DeviceMessage | { readonly kind: 'tick'; readonly at: Instant }

export interface Derived {
  readonly memory: Memory
  readonly events: readonly Event[]
  /** Whether the durable state changed in a way that a restart must know of. */
  readonly changed: boolean
  /** When the machine wants a tick even if nothing comes from it, on the monotonic clock; undefined if never. */
  readonly wakeAtMs: number | undefined
}

export function derive(map: MachineMap, memory: Memory, input: Input): Derived {
  const draft: Draft = { map, state: memory.durable, view: memory.view, events: [] }
  if (input.kind === 'reading') takeReading(draft, input.device, input.reading)
  else if (input.kind === 'link') takeLink(draft, input.device, input.up)
  else if (isOutOfSight(draft, input.at)) lose(draft, input.at)
  const { candidate, dark } = memory.durable
  return {
    memory: { durable: draft.state, view: draft.view },
    events: draft.events,
    changed: draft.events.length > 0 || draft.state.candidate !== candidate || draft.state.dark !== dark,
    wakeAtMs: wakeForLossMs(draft),
  }
}

/** The machine's map is gone: what is open ends where the machine was last seen. */
export function retire(map: MachineMap, memory: Memory): readonly Event[] {
  const draft: Draft = { map, state: memory.durable, view: memory.view, events: [] }
  const { open, lastSeen, dark } = draft.state
  if (open && lastSeen && dark !== 'gap') {
    endStop(draft, lastSeen, ['reconfigured'])
    closeInterval(draft, lastSeen, ['reconfigured'])
  }
  return draft.events
}

function takeLink(draft: Draft, device: string, up: boolean): void {
  if (up) return
  forgetDevice(draft, device)
  interrupt(draft)
}

function takeReading(draft: Draft, device: string, reading: Reading): void {
  // A restart is judged when the machine shows what it is doing (comeBack), a lost link before.
  if (draft.view.interrupted !== 'restart' && isOutOfSight(draft, reading.at)) lose(draft, reading.at)
  const samples = relevantOf(draft.map, reading.samples)
  commitIfHeld(draft, samples[0]?.at ?? reading.at)
  for (const moment of moments(samples)) {
    takeSamples(draft, moment.samples)
    judge(draft, moment.at)
  }
  see(draft, { contacts: { ...draft.view.contacts, [device]: reading.at } })
  confirm(draft, reading.at)
}

/** Samples of one moment belong together: the rules see them all at once. */
function moments(samples: readonly Sample[]): { readonly at: Instant; readonly samples: Sample[] }[] {
  const result: { readonly at: Instant; readonly samples: Sample[] }[] = []
  for (const sample of samples) {
    const last = result.at(-1)
    if (last && last.at.wallMs === sample.at.wallMs) last.samples.push(sample)
    else result.push({ at: sample.at, samples: [sample] })
  }
  return result
}

/** The machine was in sight up to here: what had to hold for a while may have held now. */
function confirm(draft: Draft, now: Instant): void {
  const seen = seenUpTo(draft)
  if (!seen) {
    noteFrozen(draft, now)
    return
  }
  if (draft.view.transientSince !== null) judge(draft, now)
  commitIfHeld(draft, seen)
  followOpenStop(draft, now)
  change(draft, { lastSeen: seen })
  settle(draft, draft.state.candidate?.since ?? seen)
}

/** What is certain up to here: while another status is in sight, the open one may have ended with its first sample. */
function settle(draft: Draft, upTo: Instant): void {
  recordStop(draft, upTo)
  const { stop } = draft.state
  // A stop that may still turn out a micro stop is split, if at all, when it is known what it was.
  if (!stop || isLong(draft, stop, upTo)) splitAtMidnights(draft, upTo)
}

/** A PLC that answers with frozen registers was last seen when its heart last beat. */
function noteFrozen(draft: Draft, now: Instant): void {
  const since = frozenSince(draft.map, draft.view.values, now)
  if (!since || draft.view.interrupted !== null) return
  interrupt(draft)
  change(draft, { lastSeen: since })
}

/** Looks at the rules, and holds their verdict against the open row. */
function judge(draft: Draft, at: Instant): void {
  const frozen = frozenSince(draft.map, draft.view.values, at) !== undefined
  if (!frozen && staysTransient(draft, at)) return
  const rule = frozen ? undefined : decide(draft.map, draft.view.values)
  see(draft, { verdict: rule ?? null })
  if (!rule) {
    interrupt(draft)
    return
  }
  if (draft.view.interrupted !== null) comeBack(draft, rule, at)
  weigh(draft, rule, at)
}

/**
 * Acting states pass: the status before them stays, for as long as the map allows. Where there is none to stay (the
 * machine comes back from out of sight), what goes on is known only with a state that lasts.
 */
function staysTransient(draft: Draft, at: Instant): boolean {
  const { map, view } = draft
  if (!map.transient || !isTransient(map, view.values)) {
    if (view.transientSince !== null) see(draft, { transientSince: null })
    return false
  }
  const since = view.transientSince ?? at
  see(draft, { transientSince: since })
  if (elapsedMs(since, at) > map.transient.maxMs) return false
  if (goesOn(draft, at)) see(draft, { verdict: 'transient', interrupted: null })
  else see(draft, { verdict: null })
  change(draft, { candidate: null })
  return true
}

/** Whether the open row went on up to now, short interruptions included. */
function goesOn(draft: Draft, at: Instant): boolean {
  const { open, lastSeen, dark } = draft.state
  return (
    open !== null &&
    dark === null &&
    lastSeen !== null &&
    elapsedMs(lastSeen, at) <= draft.map.onCommLoss.afterMs
  )
}

function weigh(draft: Draft, rule: StatusRule, at: Instant): void {
  const { open, candidate, dark } = draft.state
  const key = keyOf(draft, rule)
  if (open?.key === key && dark !== 'gap') {
    if (candidate) change(draft, { candidate: null })
    followWorkOrder(draft, at)
    return
  }
  if (candidate?.key === key) followCandidate(draft, candidate, rule, at)
  else change(draft, { candidate: newCandidate(draft, rule, key, at) })
  commitIfHeld(draft, at)
}

function newCandidate(draft: Draft, rule: StatusRule, key: string, at: Instant): Candidate {
  return {
    status: rule.is,
    key,
    since: at,
    holdMs: holdMs(draft, rule, draft.state.open),
    releaseMs: rule.releaseMs,
    cause: causeText(rule.when, draft.view.values),
    reason: reasonNow(draft, rule, NO_REASON, at, at),
    workOrder: workOrderNow(draft),
  }
}

function followCandidate(draft: Draft, candidate: Candidate, rule: StatusRule, at: Instant): void {
  const reason = reasonNow(draft, rule, candidate.reason, candidate.since, at)
  if (reason !== candidate.reason) change(draft, { candidate: { ...candidate, reason } })
}

function followOpenStop(draft: Draft, now: Instant): void {
  const { stop, candidate } = draft.state
  const { verdict } = draft.view
  // Once another status is in sight, codes belong to what comes, not to the stop that may be over.
  if (!stop || candidate || verdict === null || verdict === 'transient') return
  changeReason(draft, reasonNow(draft, verdict, stop.reason, stop.since, now))
}

/** A candidate that has held its time becomes the open row, from its first sample on. */
function commitIfHeld(draft: Draft, upTo: Instant): void {
  const { candidate } = draft.state
  // Out of sight nothing holds: who knows what happened in between.
  if (!candidate || draft.view.interrupted !== null) return
  if (elapsedMs(candidate.since, upTo) < candidate.holdMs) return
  const { open } = draft.state
  const since = open && candidate.since.monoMs < open.since.monoMs ? open.since : candidate.since
  endStop(draft, since)
  closeInterval(draft, since)
  const opened = openInterval(draft, {
    status: candidate.status,
    key: candidate.key,
    since,
    reason: candidate.reason.code,
    workOrder: candidate.workOrder,
    releaseMs: candidate.releaseMs,
    notes: openingNotes(draft, candidate),
  })
  change(draft, { candidate: null, dark: null })
  see(draft, { countedUnseen: 0 })
  if (!isStop(draft, candidate.status)) return
  const { status, reason, workOrder } = candidate
  beginStop(draft, { status, startedAtMs: opened.changedAtMs, since: opened.since, reason, workOrder })
  recordStop(draft, upTo)
}

function openingNotes(draft: Draft, candidate: Candidate): readonly string[] {
  return [
    ...(candidate.cause === '' ? [] : [`cause=${candidate.cause}`]),
    ...(draft.view.countedUnseen > 0 ? [`counted_unseen=${draft.view.countedUnseen}`] : []),
    `rule=${draft.map.version}`,
  ]
}

/** Another work order while running begins another row. */
function followWorkOrder(draft: Draft, at: Instant): void {
  const { open } = draft.state
  const workOrder = workOrderNow(draft)
  if (open?.status !== 'running' || workOrder === open.workOrder) return
  splitAtMidnights(draft, at)
  if (draft.state.open) splitInterval(draft, draft.state.open, at, { workOrder })
}

/** The work order that the machine shows; while it cannot be seen, the one before. */
function workOrderNow(draft: Draft): string | null {
  const signal = draft.map.workOrderSignal
  const held = signal === undefined ? undefined : draft.view.values[signal]
  if (held?.quality !== 'good') return draft.state.open?.workOrder ?? null
  return workOrderText(held.value)
}

function workOrderText(value: SignalValue): string | null {
  const text = value === null ? '' : String(value).trim()
  return text === '' || text === '0' ? null : text
}
