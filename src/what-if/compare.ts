/** What a machine's recorded time would have been under an edited map, beside what it was. */

import type { MachineMap } from '../domain/machine-map.ts'
import type { TimeSpan } from '../history/timeline.ts'
import type { RecordedSegment, Recording } from '../recording/read-recording.ts'
import type { MachineSubject } from '../status/machine-subject.ts'
import { type StatusDifference, type StopPair, statusDifferences, stopPairs } from './differences.ts'
import { RecordBook } from './record-book.ts'
import { type ReplayListener, replayAsItWas } from './replay.ts'
import { replayEdited } from './replay-edited.ts'
import { type Side, sideOf } from './sides.ts'
import type { MissingSignal } from './translation.ts'

/** What is compared. */
interface WhatIfQuestion {
  /** As it would be recorded. */
  readonly edited: MachineMap
  readonly span: TimeSpan
}

/** Both sides, and what is different. */
export interface WhatIf {
  readonly machine: string
  readonly span: TimeSpan
  /** Since when and up to when anything was recorded of it. */
  readonly recorded: TimeSpan
  readonly before: Side
  readonly after: Side
  readonly stops: readonly StopPair[]
  readonly differences: readonly StatusDifference[]
  /** What the edited map reads and nobody has recorded. */
  readonly missing: readonly MissingSignal[]
  /** When the rules would have needed it. */
  readonly undecided: readonly TimeSpan[]
  /** Devices that the edited map reaches in another way: what the recorded ones showed stands for them. */
  readonly moved: readonly string[]
  /** Times that were not recorded while the gateway ran, or just before it was killed. */
  readonly lost: readonly TimeSpan[]
}

/** Undefined where nothing of the machine was recorded in this time. */
export function whatIf(recording: Recording, { edited, span }: WhatIfQuestion): WhatIf | undefined {
  const { machine } = edited
  const all = recording.segments(machine, span.fromMs, span.toMs)
  const segments = all.filter(({ isPlayable }) => isPlayable)
  const [first] = segments
  if (!first) return undefined
  const was = playedAsItWas(segments)
  const would = playedEdited(segments, edited)
  const recorded = { fromMs: first.began.wallMs, toMs: was.toMs }
  // Of what lies before, nobody knows anything on either side.
  const shown = { fromMs: Math.max(span.fromMs, recorded.fromMs), toMs: Math.min(span.toMs, recorded.toMs) }
  const before = sideOf({ ...was, recorded, unknown: was.lost, undecided: [] }, shown)
  const { undecided } = would
  const after = sideOf({ ...would, recorded, unknown: [...was.lost, ...undecided], undecided }, shown)
  return {
    ...{ machine, span, recorded, before, after },
    stops: stopPairs(before.stops, after.stops, undecided),
    differences: statusDifferences(before.stretches, after.stretches, undecided),
    missing: would.missing,
    undecided,
    moved: would.moved,
    lost: was.lost,
  }
}

interface Played {
  readonly book: RecordBook
  readonly subject: MachineSubject | undefined
  readonly lost: readonly TimeSpan[]
  readonly toMs: number
}

function playedAsItWas(segments: readonly RecordedSegment[]): Played {
  const { listener, played } = bookkeeper()
  let subject: MachineSubject | undefined
  replayAsItWas(segments, {
    ...listener,
    begins: (begun, segment) => {
      subject = begun
      listener.begins(begun, segment)
    },
  })
  return { ...played(), subject }
}

function playedEdited(segments: readonly RecordedSegment[], edited: MachineMap) {
  const { listener, played } = bookkeeper()
  const replay = replayEdited(segments, edited, listener)
  return { ...played(), ...replay }
}

/** Writes the rows of a replay down. */
function bookkeeper() {
  const book = new RecordBook()
  const lost: TimeSpan[] = []
  let toMs = 0
  const listener = {
    begins: (subject: MachineSubject, { began }: RecordedSegment) => {
      toMs = Math.max(toMs, began.wallMs)
      if (!subject.isWaiting) book.knowOpen(subject.memory.durable)
    },
    came: (events, at) => {
      book.add(events)
      toMs = Math.max(toMs, at.wallMs)
    },
    missing: (span) => lost.push(span),
  } satisfies ReplayListener
  return { listener, played: () => ({ book, lost, toMs }) }
}
