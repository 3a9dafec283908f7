/**
 * What a machine takes over when its map is replaced by another while the gateway runs. Where only its rules are others, it goes on
 * with what it sees. Else its devices are connected again, as after a link that was lost; what they show then has stood all the time
 * where it is the same as before.
 */
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Memory } from './state.ts'
import { emptyView, type View } from './view.ts'

/** A machine with the map that it has, or had. */
export interface Mapped {
  readonly map: MachineMap
  readonly memory: Memory
}

/** The memory that the machine goes on with under another map. */
export function takeOver(before: Mapped, map: MachineMap, now: Instant): Memory {
  const { durable, view } = before.memory
  if (seesTheSame(before.map, map)) return before.memory
  const { wallClock, resumed, away, behindMs, countedUnseen } = view
  const isKept = isReadAlike(before.map, map)
  const fresh = emptyView(now, wallClock, resumed ?? 'same boot')
  const remembered = kept({ ...view.remembered, ...view.values }, isKept)
  const beats = kept(view.beats, isKept)
  const courses = durable.courses.filter(({ signal }) => isKept(signal))
  return {
    // A counter that is read elsewhere counts from what it shows there.
    durable: { ...durable, courses, counters: kept(durable.counters, isKept) },
    view: { ...fresh, away, behindMs, countedUnseen, remembered, beats } satisfies View,
  }
}

/** Whether all that a map needs is seen by another map's links already: nothing has to be connected or read again. */
export function seesTheSame(before: MachineMap, now: MachineMap): boolean {
  const seen = new Set(before.relevantSignals)
  const beating = new Set(before.heartbeats.map(({ signal }) => signal))
  const isSeen =
    now.relevantSignals.every((signal) => seen.has(signal)) &&
    now.heartbeats.every(({ signal }) => beating.has(signal))
  const linksOf = ({ devices, perceived }: MachineMap) => JSON.stringify([devices, perceived])
  return isSeen && linksOf(before) === linksOf(now)
}

function kept<Value>(
  bySignal: Readonly<Record<string, Value>>,
  isKept: (signal: string) => boolean,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(bySignal).filter(([signal]) => isKept(signal)))
}

/** Whether a signal is read from the same place, and in the same way, by both maps. */
function isReadAlike(before: MachineMap, now: MachineMap): (signal: string) => boolean {
  const [waysBefore, waysNow] = [waysToRead(before), waysToRead(now)]
  return (signal) => waysNow.get(signal) === waysBefore.get(signal)
}

function waysToRead({ devices }: MachineMap): ReadonlyMap<string, string> {
  return new Map(
    devices.flatMap(({ id, protocol, settings, signals }) =>
      signals.map((signal) => [signal.name, JSON.stringify({ id, protocol, settings, signal })] as const),
    ),
  )
}
