/** Replays a recorded machine: the same inputs through the same derivation, under the maps that were in force or under another one. */

import type { MachineEvent } from '../domain/events/machine.ts'
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Remembered } from '../domain/subject.ts'
import type { TimeSpan } from '../history/timeline.ts'
import type { RecordedSegment } from '../recording/read-recording.ts'
import type { TapeEntry } from '../recording/read-tape.ts'
import type { Snapshot } from '../recording/segment.ts'
import { type MachineSubject, machineSubject } from '../status/machine-subject.ts'
import type { Memory } from '../status/state.ts'
import { atOf } from '../status/time-unknown.ts'

/** What comes of a replay, in order. */
export interface ReplayListener {
  /** A segment begins, with the machine as it is then. */
  begins?(subject: MachineSubject, segment: RecordedSegment): void
  /** What came of one input. */
  came(events: readonly MachineEvent[], at: Instant): void
  /** Nothing is known of this time: it was not recorded. */
  missing(span: TimeSpan): void
}

/** The machine as it was when a segment began, under the map that was in force then. */
function subjectAt({ map, snapshot, began }: RecordedSegment): MachineSubject {
  return machineSubject(map, rememberedIn(snapshot, map, began))
}

/** What a machine was made of when a segment began. */
export function rememberedIn(snapshot: Snapshot, map: MachineMap, now: Instant): Remembered {
  if (snapshot.kind === 'start') {
    const { state, lastSeen, aliveAt } = snapshot
    return { state, lastSeen, aliveAt, before: undefined, now }
  }
  return { state: undefined, lastSeen: undefined, before: running(map, snapshot.memory), now }
}

/** A machine that ran until now, for whoever takes its place. */
function running(map: MachineMap, memory: Memory): MachineSubject {
  const before = machineSubject(map, { state: undefined, lastSeen: undefined, before: undefined, now: NEVER })
  return { ...before, memory, isWaiting: false, state: memory.durable }
}

const NEVER: Instant = { boot: '', wallMs: 0, monoMs: 0 }

/** Plays all segments under the maps that were in force: what comes of it is what was stored when they were recorded. */
export function replayAsItWas(segments: readonly RecordedSegment[], listener: ReplayListener): void {
  let end: SegmentEnd | undefined
  for (const segment of segments) {
    noteMissing(end, segment, listener)
    const subject = subjectAt(segment)
    listener.begins?.(subject, segment)
    end = playSegment(segment, subject, listener)
  }
}

/** How far a segment goes. */
export interface SegmentEnd {
  /** The last moment of which anything is known. */
  readonly at: Instant
  /** Undefined where what came last was lost. */
  readonly how: Exclude<TapeEntry['kind'], 'input'> | undefined
}

/** A gateway notes so often that it runs. */
const ALIVE_TOLERANCE_MS = 10_000

/** What was lost between two segments. A gateway that was stopped in good order has lost nothing: it was not there. */
export function noteMissing(
  end: SegmentEnd | undefined,
  { began, snapshot }: RecordedSegment,
  { missing }: ReplayListener,
): void {
  if (!end) return
  const aliveAt = snapshot.kind === 'start' ? snapshot.aliveAt : undefined
  // A gateway ran in between and was killed before anything of it was written.
  const hasRun = aliveAt !== undefined && elapsedMs(end.at, aliveAt) > ALIVE_TOLERANCE_MS
  if (end.how === undefined || hasRun) missing({ fromMs: end.at.wallMs, toMs: began.wallMs })
}

function playSegment(
  segment: RecordedSegment,
  subject: MachineSubject,
  listener: ReplayListener,
): SegmentEnd {
  let at = segment.began
  for (const entry of segment.entries()) {
    if (entry.kind === 'input') {
      at = atOf(entry.input)
      listener.came(subject.take(entry.input).events as readonly MachineEvent[], at)
      continue
    }
    if (entry.kind === 'retired') listener.came(subject.retire().events as readonly MachineEvent[], at)
    return { at: entry.kind === 'stopped' ? entry.at : at, how: entry.kind }
  }
  return { at, how: undefined }
}
