/**
 * A lamp that is on, off or blinks.
 *
 * Changes that follow each other within the window belong together. One change alone has switched the lamp; two or more are
 * blinking, from the first to the last of them. Which of both it is shows only once the window has passed without another change.
 */
import { elapsedMs, type Instant } from '../../../domain/instant.ts'
import type { LightSignal } from '../../../domain/machine-map.ts'
import type { CourseTurn, Followed, Glance, RawValue } from './glance.ts'

/** What a lamp showed last. */
export interface LightMemory {
  readonly isOn: boolean
  /** Changes that are followed by another one, perhaps. */
  readonly changes: Changes | null
}

interface Changes {
  readonly first: Instant
  readonly last: Instant
  readonly isBlinking: boolean
}

/** @param before undefined for a lamp that is seen for the first time: it may have changed only just now */
export function followLight(
  { windowMs }: LightSignal,
  before: LightMemory | undefined,
  { at, raw }: Glance,
): Followed<LightMemory> {
  const isOn = raw === undefined ? (before?.isOn ?? false) : isLit(raw)
  if (!before) return followed({ isOn, changes: { first: at, last: at, isBlinking: false } }, [])
  const { changes } = before
  const isOver = changes !== null && elapsedMs(changes.last, at) > windowMs
  const turns = isOver ? [steady(before.isOn, changes)] : []
  const pending = isOver ? null : changes
  if (isOn === before.isOn) return followed({ isOn, changes: pending }, turns)
  if (!pending) return followed({ isOn, changes: { first: at, last: at, isBlinking: false } }, turns)
  const { first, isBlinking } = pending
  const next = { isOn, changes: { first, last: at, isBlinking: true } }
  return followed(next, isBlinking ? turns : [...turns, { value: 'blink', since: first }])
}

function steady(isOn: boolean, { first, last, isBlinking }: Changes): CourseTurn {
  return { value: isOn ? 'on' : 'off', since: isBlinking ? last : first }
}

function followed(memory: LightMemory, turns: readonly CourseTurn[]): Followed<LightMemory> {
  const { changes } = memory
  return { memory, turns, knownTo: changes && (changes.isBlinking ? changes.last : changes.first) }
}

/** A server may say it as a number. */
function isLit(raw: RawValue): boolean {
  return raw === true || (typeof raw === 'number' && raw !== 0)
}
