/**
 * The course of a signal over time, as far as it says anything: what the signal was perceived to be, and up to when that is settled.
 * Saved with the state, so that a restart goes on with it; therefore plain data only.
 */
import type { Instant } from '../../../domain/instant.ts'
import type { AnalogMemory } from './analog.ts'
import type { CourseTurn, RawValue } from './glance.ts'
import type { LightMemory } from './light.ts'
import type { PulseMemory } from './pulse.ts'

/** What is known of the course of one signal. */
export type Course =
  | CourseOf<'light', LightMemory>
  | CourseOf<'pulse', PulseMemory>
  | CourseOf<'analog', AnalogMemory>

interface CourseOf<Kind, Memory> {
  readonly kind: Kind
  readonly signal: string
  readonly device: string
  /** What was last read of it. */
  readonly raw: RawValue
  /** Whether it could be read last: no time passes for what cannot be read. */
  readonly isReadable: boolean
  /** What it is perceived to be, and since when; null as long as nothing is settled since it is followed. */
  readonly shown: CourseTurn | null
  /** Up to when that is settled: before that moment nothing will change any more. Null: up to the last contact. */
  readonly knownTo: Instant | null
  /** Up to when it was followed without a break. */
  readonly followedTo: Instant
  readonly memory: Memory
}
