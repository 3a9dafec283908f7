/** Follows the course of the signals that mean something only over time. Each kind of signal is a pure function in a file of its own. */
import type { Instant } from '../../../domain/instant.ts'
import type { Perceived } from '../../../domain/machine-map.ts'
import { followAnalog } from './analog.ts'
import type { Course } from './course.ts'
import type { CourseTurn, Glance, RawValue } from './glance.ts'
import { followLight } from './light.ts'
import { followPulses } from './pulse.ts'

/** A course after a glance, and what it turned out to be. */
interface Perception {
  readonly course: Course
  readonly turns: readonly CourseTurn[]
}

/** How a course begins. */
interface Beginning {
  readonly device: string
  readonly at: Instant
  readonly raw: RawValue
  /** So many pulses came shortly before, which nobody saw. */
  readonly missed: number
}

/** A signal that is seen for the first time, or again after a break over which nothing is known of it. */
export function beginCourse(spec: Perceived, { device, at, raw, missed }: Beginning): Perception {
  const { signal } = spec
  const common = { signal, device, raw, isReadable: true, shown: null, followedTo: at }
  return perceived(spec, common, undefined, { at, raw, missed })
}

/** One glance further. */
export function followCourse(spec: Perceived, course: Course, glance: Glance): Perception {
  const { signal, device, shown } = course
  const raw = glance.raw ?? course.raw
  const common = { signal, device, raw, isReadable: true, shown, followedTo: glance.at }
  return perceived(spec, common, course, glance)
}

type Common = Pick<Course, 'signal' | 'device' | 'raw' | 'isReadable' | 'shown' | 'followedTo'>

function perceived(spec: Perceived, common: Common, before: Course | undefined, glance: Glance): Perception {
  const { kind } = spec
  switch (kind) {
    case 'light': {
      const memory = before?.kind === kind ? before.memory : undefined
      const { turns, ...next } = followLight(spec, memory, glance)
      return { course: { kind, ...common, ...next, shown: turns.at(-1) ?? common.shown }, turns }
    }
    case 'pulse': {
      const memory = before?.kind === kind ? before.memory : undefined
      const { turns, ...next } = followPulses(spec, memory, glance)
      return { course: { kind, ...common, ...next, shown: turns.at(-1) ?? common.shown }, turns }
    }
    case 'analog': {
      const memory = before?.kind === kind ? before.memory : undefined
      const { turns, ...next } = followAnalog(spec, memory, glance)
      return { course: { kind, ...common, ...next, shown: turns.at(-1) ?? common.shown }, turns }
    }
  }
}
