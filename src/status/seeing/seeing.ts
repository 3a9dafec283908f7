/** Takes in what a device shows: values, counters, contact. Knows when a machine as a whole has been seen. */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { Sample } from '../../domain/signal.ts'
import { change, type Draft, see } from '../draft.ts'
import type { Held } from '../view.ts'
import { counted } from './counters.ts'
import { withBits } from './fault-bits.ts'

/** The samples of signals that decide anything, in order; the same array when all do. */
export function relevantSamples(map: MachineMap, samples: readonly Sample[]): readonly Sample[] {
  const isRelevant = ({ signal }: Sample) => map.relevantSignals.includes(signal)
  return samples.every(isRelevant) ? samples : samples.filter(isRelevant)
}

/** Takes in the values of one moment, and what counters counted. */
export function takeSamples(draft: Draft, samples: readonly Sample[]): void {
  const values = { ...draft.view.values }
  for (const { signal, value, quality, at, detail } of samples) {
    const before = values[signal]
    const same = before !== undefined && before.value === value && before.quality === quality
    const since = same ? before.since : at
    const held = detail === undefined ? { value, quality, since } : { value, quality, since, detail }
    values[signal] = withBits(draft.map, signal, held, before)
  }
  see(draft, { values })
  if (draft.map.counters.length > 0) takeCounts(draft, samples)
}

/** Counters go on from their saved value; what they counted while the view was interrupted is noted on the next interval. */
function takeCounts(draft: Draft, samples: readonly Sample[]): void {
  for (const counter of draft.map.counters) {
    const sample = samples.findLast(({ signal, quality }) => signal === counter.signal && quality === 'good')
    const value = Number(sample?.value ?? Number.NaN)
    if (!sample || Number.isNaN(value)) continue
    const before = draft.state.counters[counter.signal]
    if (draft.view.sight.kind !== 'whole' && before !== undefined && draft.state.lastSeen) {
      const parts = counted(counter, before, value, elapsedMs(draft.state.lastSeen, sample.at))
      see(draft, { countedUnseen: draft.view.countedUnseen + parts })
    }
    if (before !== value) change(draft, { counters: { ...draft.state.counters, [counter.signal]: value } })
  }
}

/** Contact is interrupted: nothing is believed to have held until everything that decides has been seen again. */
export function interrupt(draft: Draft): void {
  const { sight } = draft.view
  if (sight.kind === 'whole') see(draft, { sight: { kind: 'interrupted', verdict: sight.verdict } })
}

/** What decides cannot be seen any more, so no verdict stands; the sight is interrupted. */
export function loseView(draft: Draft, transientSince: Instant | null): void {
  const kind = draft.view.sight.kind === 'restarted' ? 'restarted' : 'interrupted'
  see(draft, { sight: { kind, verdict: { kind: 'undecided', transientSince } } })
}

/** Values of a device out of contact are no longer values of the machine. */
export function forgetDevice(draft: Draft, device: string): void {
  const { [device]: _, ...contacts } = draft.view.contacts
  const gone = new Set(draft.map.devices.find(({ id }) => id === device)?.signals.map(({ name }) => name))
  const values = Object.fromEntries(Object.entries(draft.view.values).filter(([signal]) => !gone.has(signal)))
  see(draft, { contacts, values })
  loseView(draft, null)
}

/**
 * The moment up to which the machine has been seen, or undefined when it is not in sight: every device in contact,
 * a status that can be decided, and heartbeats that change. The device whose last contact is the oldest counts.
 */
export function seenUpTo(draft: Draft): Instant | undefined {
  const { view, map } = draft
  if (view.sight.verdict.kind === 'undecided') return undefined
  let oldest: Instant | undefined
  for (const { id } of map.devices) {
    const contact = view.contacts[id]
    if (!contact) return undefined
    if (!oldest || contact.monoMs < oldest.monoMs) oldest = contact
  }
  return oldest && frozenSince(map, view.values, oldest) ? undefined : oldest
}

/** When the heartbeat of a PLC stopped that still answers: in STOP its registers are frozen, and prove nothing. */
export function frozenSince(
  map: MachineMap,
  values: Readonly<Record<string, Held>>,
  now: Instant,
): Instant | undefined {
  for (const { signal, staleAfterMs } of map.heartbeats) {
    const beat = values[signal]
    if (beat && elapsedMs(beat.since, now) > staleAfterMs) return beat.since
  }
  return undefined
}
