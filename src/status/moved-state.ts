/** Parts of a state with each of their moments moved: onto the clocks of another boot, or by as much as a clock was set. */
import type { Instant } from '../domain/instant.ts'
import { movedSaid } from './people/said.ts'
import type { Course } from './seeing/perceived/course.ts'
import type { CodeAge, MachineState, OpenInterval, OpenStop, Phase, Unsettled } from './state.ts'

/** The phase with each of its moments moved. */
export function movedPhase(phase: Phase, move: (instant: Instant) => Instant): Phase {
  switch (phase.kind) {
    case 'unknown':
      return { ...phase, unsettled: movedUnsettled(phase.unsettled, move) }
    case 'seen':
      return { ...phase, ...movedOpen(phase, move), unsettled: movedUnsettled(phase.unsettled, move) }
    case 'hold':
      return { ...phase, ...movedOpen(phase, move) }
    case 'gap':
      return { ...phase, marker: { ...phase.marker, since: move(phase.marker.since) } }
  }
}

/** What people said and the stop that they may still name, with each of their moments moved. */
export function movedPeople(
  { said, lastStop }: Pick<MachineState, 'said' | 'lastStop'>,
  move: (instant: Instant) => Instant,
): Pick<MachineState, 'said' | 'lastStop'> {
  return {
    said: movedSaid(said, move),
    lastStop: lastStop && { ...lastStop, endedAt: move(lastStop.endedAt) },
  }
}

/** The age of a code, with each of its moments moved. */
export function movedCode(code: CodeAge, move: (instant: Instant) => Instant): CodeAge {
  const bits = code.bits.map(({ bit, since }) => ({ bit, since: move(since) }))
  return { ...code, since: move(code.since), bits }
}

/** The course of a perceived signal, with each of its moments moved, wherever its kind keeps any. */
export function movedCourse(course: Course, move: (instant: Instant) => Instant): Course {
  return moved(course, move) as Course
}

function moved(part: unknown, move: (instant: Instant) => Instant): unknown {
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) return part.map((one) => moved(one, move))
  if ('monoMs' in part) return move(part as Instant)
  return Object.fromEntries(Object.entries(part).map(([key, inside]) => [key, moved(inside, move)]))
}

interface Open {
  readonly interval: OpenInterval
  readonly stop: OpenStop | null
}

/** What is open, with each of its moments moved. */
export function movedOpen({ interval, stop }: Open, move: (instant: Instant) => Instant): Open {
  return {
    interval: { ...interval, since: move(interval.since), onset: move(interval.onset) },
    stop: stop && { ...stop, since: move(stop.since) },
  }
}

/** What waits to be believed, with each of its moments moved. */
export function movedUnsettled(
  unsettled: Unsettled | null,
  move: (instant: Instant) => Instant,
): Unsettled | null {
  if (!unsettled) return null
  const candidates = unsettled.candidates.map((one) => ({
    ...one,
    first: move(one.first),
    since: move(one.since),
  }))
  const { since, openSeen } = unsettled
  return { ...unsettled, since: move(since), openSeen: openSeen && move(openSeen), candidates }
}
