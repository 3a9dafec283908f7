/** Takes in what a device shows: values, heartbeats, counters, contact. */
import { elapsedMs, type Instant, laterOf } from '../../domain/instant.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { Sample } from '../../domain/signal.ts'
import { change, type Draft, see } from '../draft.ts'
import { isTransient } from '../judging/rules.ts'
import { BRIDGE_MAX_MS } from '../on-loss.ts'
import { countCycle } from '../people/trial-run.ts'
import type { MachineState } from '../state.ts'
import type { Beat, Held, View, WaitingMoment } from '../view.ts'
import { ageCodes } from './code-ages.ts'
import { type Count, followCount, isAdvance } from './counters.ts'
import { forgetWaiting } from './perceive.ts'
import { overtakeScannedOrder } from './work-order.ts'

/** What a device showed at one moment. */
interface Moment {
  readonly at: Instant
  readonly samples: readonly Sample[]
}

/**
 * The samples of signals that decide anything, by moments. What belongs to one moment the rules see all at once. No moment is
 * earlier than what the device had already shown everything of.
 */
export function momentsOf(
  map: MachineMap,
  samples: readonly Sample[],
  shownTo: Instant | undefined,
): Moment[] {
  const moments: { readonly at: Instant; readonly samples: Sample[] }[] = []
  for (const sample of samples) {
    if (sample.meansTheSame || !map.relevantSignals.includes(sample.signal)) continue
    const earliest = moments.at(-1)?.at ?? shownTo
    const at = earliest ? laterOf(earliest, sample.at) : sample.at
    const last = moments.at(-1)
    if (last && elapsedMs(last.at, at) === 0) last.samples.push(sample)
    else moments.push({ at, samples: [sample] })
  }
  return moments
}

/** The device has shown everything up to a moment. */
export function extendContact(draft: Draft, device: string, to: Instant): void {
  const { contacts } = draft.view
  const before = contacts[device]
  const contact = before ? laterOf(before, to) : to
  if (contact !== before) see(draft, { contacts: withContact(contacts, device, contact) })
}

/** For each poll: V8 writes a name into a copy that is made already several times as fast as into one that it is making. */
function withContact(contacts: View['contacts'], device: string, at: Instant): View['contacts'] {
  const changed: Record<string, Instant> = { ...contacts }
  changed[device] = at
  return changed
}

/** A device is out of contact. What it showed is no value of the machine any more, but remembered for its return. */
export function loseContact(draft: Draft, device: string, cause: string | undefined): void {
  if (cause !== undefined) see(draft, { linkFaults: { ...draft.view.linkFaults, [device]: cause } })
  const { [device]: gone, ...contacts } = draft.view.contacts
  if (!gone) return
  forgetWaiting(draft, device)
  const entries = Object.entries(draft.view.values)
  const isLost = ([, held]: [string, Held]) => held.device === device
  see(draft, {
    contacts,
    values: Object.fromEntries(entries.filter((entry) => !isLost(entry))),
    remembered: { ...draft.view.remembered, ...Object.fromEntries(entries.filter(isLost)) },
  })
}

/** A device has shown all of its signals since it is in contact again: what it did not bring is gone. */
export function forgetRemembered(draft: Draft, device: string): void {
  const entries = Object.entries(draft.view.remembered)
  const left = entries.filter(([, held]) => held.device !== device)
  if (left.length < entries.length) see(draft, { remembered: Object.fromEntries(left) })
}

/** Takes in the values of one moment. `isSeen`: the machine has been in sight until now, so that no counter went on unseen. */
export function takeSamples(
  draft: Draft,
  { at, device, samples: all, wasInContact }: WaitingMoment,
  isSeen: boolean,
): void {
  const { view, map } = draft
  const values = { ...view.values }
  const samples = all.filter(({ isRaw }) => !isRaw)
  for (const { signal, value, quality, detail } of samples) {
    const before = values[signal] ?? view.remembered[signal]
    const isSame = before !== undefined && before.value === value && before.quality === quality
    const held = { value, quality, since: isSame ? before.since : at, device }
    values[signal] = detail === undefined ? held : { ...held, detail }
  }
  see(draft, { values })
  followTransient(draft, at, isTransient(map, view.values))
  ageCodes(draft, { at, samples })
  overtakeScannedOrder(draft)
  if (map.heartbeats.length > 0) takeBeats(draft, { at, samples })
  if (map.counters.length > 0) {
    // A machine whose first pulse is awaited is not in sight yet, and its counter is.
    const isCounted = isSeen || (map.perceived.length > 0 && wasInContact)
    takeCounts(draft, { at, samples: countsAmong(map, all) }, isCounted)
  }
}

/**
 * What cannot be read says nothing of the state behind it, so that neither a link nor a poll that fails nor a start makes a state
 * look new in which the machine has stuck. Only after a loss it may be another one.
 */
function followTransient(draft: Draft, at: Instant, wasShown: boolean): void {
  const { map, view, state } = draft
  const held = map.transient && view.values[map.transient.signal]
  if (held?.quality !== 'good') return
  const { transientSince: before } = state
  const isShown = isTransient(map, view.values)
  if (isShown && before && (wasShown || mayHaveStuck(state, at))) return
  if (isShown || before) change(draft, { transientSince: isShown ? at : null })
}

function mayHaveStuck({ phase, lastSeen }: MachineState, at: Instant): boolean {
  return phase.kind === 'seen' && lastSeen !== null && elapsedMs(lastSeen, at) <= BRIDGE_MAX_MS
}

/** A heartbeat beats when it changes from one good value to another. Reading it for the first time proves nothing. */
function takeBeats(draft: Draft, { at, samples }: Moment): void {
  const beats: Record<string, Beat> = { ...draft.view.beats }
  for (const { signal, value, quality } of samples) {
    if (quality !== 'good' || value === null) continue
    if (!draft.map.heartbeats.some((heartbeat) => heartbeat.signal === signal)) continue
    const before = beats[signal]
    if (!before) beats[signal] = { value, readAt: at, at: null }
    else if (before.value !== value) beats[signal] = { ...before, value, at }
  }
  see(draft, { beats })
}

/** What counters show; of a perceived one that is what was read. */
function countsAmong({ perceived }: MachineMap, samples: WaitingMoment['samples']): readonly Sample[] {
  if (perceived.length === 0) return samples
  return samples.filter(({ signal, isRaw }) => isRaw || !perceived.some((spec) => spec.signal === signal))
}

/** Counters go on from their saved value; what they counted while nothing was seen is noted on the next interval. */
function takeCounts(draft: Draft, { at, samples }: Moment, isSeen: boolean): void {
  for (const counter of draft.map.counters) {
    const { signal, partsPerCycle = 1 } = counter
    const sample = samples.findLast((one) => one.signal === signal && one.quality === 'good')
    const value = Number(sample?.value ?? Number.NaN)
    if (!sample || Number.isNaN(value)) continue
    const { counters, doubtedCounts, lastSeen } = draft.state
    const before = counters[signal]
    if (isSeen && before !== undefined && isAdvance(counter, before, value)) countCycle(draft, signal)
    const known = before === undefined ? undefined : { value: before, doubted: doubtedCounts[signal] ?? null }
    const { count, parts } = followCount(counter, known, value, lastSeen ? elapsedMs(lastSeen, at) : 0)
    if (!isSeen && lastSeen) {
      see(draft, { countedUnseen: draft.view.countedUnseen + parts * partsPerCycle })
    }
    keepCount(draft, signal, count)
  }
}

function keepCount(draft: Draft, signal: string, { value, doubted }: Count): void {
  const { counters, doubtedCounts } = draft.state
  if (counters[signal] !== value) change(draft, { counters: { ...counters, [signal]: value } })
  if ((doubtedCounts[signal] ?? null) === doubted) return
  const { [signal]: _, ...others } = doubtedCounts
  change(draft, { doubtedCounts: doubted === null ? others : { ...others, [signal]: doubted } })
}
