/** Plays what was recorded through the map that is proposed, with the real derivation: what it says is held against what people said. */
import type { Device } from '../../domain/device.ts'
import type { MachineEvent } from '../../domain/events/machine.ts'
import type { Instant } from '../../domain/instant.ts'
import { interpret } from '../../domain/interpret.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { Sample, SignalSpec } from '../../domain/signal.ts'
import type { DerivedStatus } from '../../domain/status.ts'
import { derive } from '../../status/derive.ts'
import { resumeMemory } from '../../status/resume.ts'
import { newState } from '../../status/state.ts'
import {
  steadyFromMs,
  type TaughtPhase,
  type TeachRecording,
  type Track,
  type TrackValue,
} from './recording.ts'
import type { SignalUse } from './signal-use.ts'

/** What the derivation said of a phase. */
export interface Replayed {
  readonly phase: number
  /** The share of its steady time in which it gave the phase's status and reason. */
  readonly share: number
  /** What it gave longest. */
  readonly said: string
}

interface Interval {
  readonly fromMs: number
  readonly status: string
  readonly reason: string | null
}

/** What is shown last goes on for so long, so that the last phase is settled as well. */
const HELD_ON_MS = 30_000
const BOOT = 'teach-in'

/** @param map the proposed one, with stops and runs of any length */
export function replay(
  map: MachineMap,
  uses: readonly SignalUse[],
  recording: TeachRecording,
  held = HELD_ON_MS,
): readonly Replayed[] {
  const intervals = intervalsOf(map, uses, recording, held)
  return recording.phases.map((phase) => judged(phase, intervals))
}

function judged(phase: TaughtPhase, intervals: readonly Interval[]): Replayed {
  const fromMs = steadyFromMs(phase)
  const saidMs = new Map<string, number>()
  for (const [n, interval] of intervals.entries()) {
    const to = Math.min(intervals[n + 1]?.fromMs ?? Number.POSITIVE_INFINITY, phase.toMs)
    const ms = to - Math.max(interval.fromMs, fromMs)
    const said = saidText(interval.status, interval.reason)
    if (ms > 0) saidMs.set(said, (saidMs.get(said) ?? 0) + ms)
  }
  const wanted = saidText(phase.is, phase.reason ?? null)
  const [longest] = [...saidMs].toSorted(([, a], [, b]) => b - a)
  const share = (saidMs.get(wanted) ?? 0) / Math.max(1, phase.toMs - fromMs)
  return { phase: phase.phase, share: Math.min(1, share), said: longest?.[0] ?? 'nothing' }
}

function saidText(status: DerivedStatus | string, reason: string | null): string {
  return reason === null ? status : `${status} (${reason})`
}

function intervalsOf(
  map: MachineMap,
  uses: readonly SignalUse[],
  recording: TeachRecording,
  heldMs: number,
): readonly Interval[] {
  const [device] = map.devices
  const first = recording.phases[0]
  if (!device || !first) return []
  const events: MachineEvent[] = []
  const firstMs = Math.min(first.fromMs, ...recording.tracks.flatMap(({ points }) => points[0]?.atMs ?? []))
  let memory = resumeMemory(newState(), instant(firstMs))
  for (const atMs of readingTimes(uses, {
    firstMs,
    endMs: recording.endMs + heldMs,
    everyMs: recording.everyMs,
  })) {
    const at = instant(atMs)
    const samples = uses.flatMap((use) => sampleOf(use, device, Math.min(atMs, recording.endMs), at) ?? [])
    const reading = { at, completeTo: at, samples }
    const derived = derive(map, memory, {
      kind: 'reading',
      device: device.id,
      subject: device.subject,
      reading,
    })
    memory = derived.memory
    events.push(...derived.events)
  }
  return events.flatMap((event) =>
    event.kind === 'status.opened'
      ? [{ fromMs: Date.parse(event.at), status: event.status, reason: event.reason }]
      : [],
  )
}

function instant(ms: number): Instant {
  return { boot: BOOT, wallMs: ms, monoMs: ms }
}

/** As often as the device was read, and at each change. */
function readingTimes(
  uses: readonly SignalUse[],
  { firstMs, endMs, everyMs }: { readonly firstMs: number; readonly endMs: number; readonly everyMs: number },
): readonly number[] {
  const changes = uses.flatMap(({ feature }) => feature.watched.track.points.map(({ atMs }) => atMs))
  const polls = Array.from(
    { length: Math.ceil((endMs - firstMs) / everyMs) + 1 },
    (_, n) => firstMs + n * everyMs,
  )
  return [...new Set([...polls, ...changes])].filter((ms) => ms >= firstMs).toSorted((a, b) => a - b)
}

function sampleOf(
  { name, shown, feature }: SignalUse,
  device: Device,
  atMs: number,
  at: Instant,
): Sample | undefined {
  const { track } = feature.watched
  const spec = device.signals.find((one) => one.name === name)
  const value = valueAt(track, atMs)
  if (!spec || value === undefined) return undefined
  if (value === null) return { signal: name, value: null, quality: 'bad', at }
  const { value: meant, fault } = interpret(shown(value), addedBy(spec, track))
  return { signal: name, value: meant, quality: fault === undefined ? 'good' : 'bad', at }
}

/** What the map of whoever taught said already has been done to what was recorded. */
function addedBy(spec: SignalSpec, { isInterpreted = false }: Track): SignalSpec {
  const { mask, names, scale: _s, offset: _o, invalid: _i, expect: _e, ...rest } = spec
  return {
    ...rest,
    ...(mask !== undefined && !isInterpreted && { mask }),
    ...(names !== undefined && !isInterpreted && { names }),
  }
}

function valueAt({ points }: Track, atMs: number): TrackValue | undefined {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]?.atMs ?? 0) <= atMs) low = middle + 1
    else high = middle
  }
  return points[low - 1]?.value
}
