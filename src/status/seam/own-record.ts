/** What a gateway that stood by has derived of a machine, as stretches of time that can be laid beside the rows of another one. Pure. */
import type { MachineEvent } from '../../domain/events/machine.ts'
import { utcMs } from '../../domain/instant.ts'
import { NO_DATA, type Status } from '../../domain/status.ts'
import { shownStatus } from '../rows/shown.ts'
import { isOpen, type MachineState, stopOf } from '../state.ts'

/** The events that it would have written, oldest first, and the state that they have led to. */
export interface OwnRecord {
  readonly events: readonly MachineEvent[]
  readonly state: MachineState
}

/** A stretch of one status, or a stop. Moments are in ms since 1970. */
export interface StatusStretch {
  readonly atMs: number
  /** Null while it goes on. */
  readonly endMs: number | null
  /** Of a stop, that is what its rows say; a marker says that nothing was seen. */
  readonly status: Status | 'marker'
}

/** The stretches of status, one behind the other. */
export function stretchesOf({ events, state }: OwnRecord): readonly StatusStretch[] {
  const found = new Map<number, StatusStretch>()
  for (const event of events) {
    const atMs = utcMs(event.at)
    const known = found.get(atMs)
    if (event.kind === 'status.opened')
      found.set(atMs, { atMs, endMs: null, status: event.reason === NO_DATA ? 'marker' : event.status })
    if (event.kind === 'status.amended' && event.ended) {
      const status = event.status ?? known?.status
      if (status !== undefined) found.set(atMs, { atMs, endMs: atMs + event.ended.durationMs, status })
    }
  }
  const { phase } = state
  if (isOpen(phase)) {
    const atMs = phase.interval.stampMs
    found.set(atMs, { atMs, endMs: null, status: shownStatus(phase.interval) })
  }
  if (phase.kind === 'gap')
    found.set(phase.marker.stampMs, { atMs: phase.marker.stampMs, endMs: null, status: 'marker' })
  return tiled([...found.values()])
}

/** Each ends where the next one begins at the latest. */
function tiled(stretches: readonly StatusStretch[]): readonly StatusStretch[] {
  const sorted = stretches.toSorted((one, other) => one.atMs - other.atMs)
  return sorted.map((stretch, index) => {
    const nextMs = sorted[index + 1]?.atMs ?? null
    return { ...stretch, endMs: stretch.endMs ?? nextMs }
  })
}

/** The stops, those included that have not lasted long enough yet to be written. */
export function stopsOf({ events, state }: OwnRecord): readonly StatusStretch[] {
  const found = new Map<number, StatusStretch>()
  for (const event of events) {
    const atMs = utcMs(event.at)
    const stop = { atMs, status: 'down' } as const
    if (event.kind === 'downtime.opened') found.set(atMs, { ...stop, endMs: null })
    if (event.kind === 'downtime.amended' && event.ended)
      found.set(atMs, { ...stop, endMs: utcMs(event.ended.at) })
  }
  const open = stopOf(state.phase)
  if (open) found.set(open.stampMs, { atMs: open.stampMs, endMs: null, status: open.status })
  return [...found.values()]
}
