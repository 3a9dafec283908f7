/** What each kind of perceived signal is given, and what it gives back. */
import type { Instant } from '../../../domain/instant.ts'

/** A value as JSON can keep it. */
export type RawValue = number | boolean

/** From a moment on the signal is perceived to be something else. */
export interface CourseTurn {
  readonly value: string
  readonly since: Instant
}

/** What a signal showed at a moment; without a value it showed nothing new up to that moment. */
export interface Glance {
  readonly at: Instant
  readonly raw?: RawValue
  /** Of the first glance: so many pulses came shortly before it, which nobody saw. */
  readonly missed?: number
}

/** What a kind of signal makes of one glance. */
export interface Followed<Memory> {
  readonly memory: Memory
  /** In the order of time. Each may reach back, yet never to before what was `knownTo`. */
  readonly turns: readonly CourseTurn[]
  readonly knownTo: Instant | null
}
