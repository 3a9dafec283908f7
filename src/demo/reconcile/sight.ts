/**
 * Which part of the truth a gateway must have seen. It cannot see what happens while it, its link or its power is down;
 * these times are the dark windows. A status that was in sight for long enough must be in central, and one that was not may
 * be. A status that began within a dark window may be dated anywhere up to the end of that window.
 */
import type { TrueTransition } from './facts.ts'

/** A stretch of time in ms since 1970; `toMs` is not part of it. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** How closely one machine was watched. */
export interface Sight {
  readonly microStopBelowMs: number
  /** A status that was in sight this long without a break must be recorded: two polls and the debounce. */
  readonly observableFromMs: number
  /** One that was in sight this long must be recorded with its reason, too: a code may come later than its status. */
  readonly reasonFromMs: number
  /** How much earlier than the truth a row may be dated: the two processes read their clocks one after the other. */
  readonly earlyMs: number
  /** How much later than the first possible sight a row may be dated: a poll may be late on a busy computer. */
  readonly lateMs: number
  /** In time order. The first ends with the first contact, the last begins when the gateway was stopped. */
  readonly darkWindows: readonly Window[]
}

/** A transition of the truth, and when its row may be dated. */
export interface Expected extends TrueTransition {
  /** Whether it was in sight long enough that it must be recorded. If not, it may be recorded all the same. */
  readonly required: boolean
  /** Whether it was in sight long enough that its reason must be recorded. */
  readonly reasonRequired: boolean
  readonly earliestMs: number
  readonly latestMs: number
}

/** @param transitions those of one machine, in time order */
export function expect(transitions: readonly TrueTransition[], sight: Sight): readonly Expected[] {
  return transitions.map((transition, index) => {
    const held = { fromMs: transition.atMs, toMs: transitions[index + 1]?.atMs ?? Number.POSITIVE_INFINITY }
    const pieces = visible(held, sight.darkWindows)
    const seen = pieces.find((piece) => lengthMs(piece) >= sight.observableFromMs)
    const seenByMs = seen ? seen.fromMs : endOfDark(held.toMs, sight.darkWindows)
    const reasonRequired = pieces.some((piece) => lengthMs(piece) >= sight.reasonFromMs)
    const resumed = reasonRequired ? undefined : resumedInTheDark(transitions, index, sight.darkWindows)
    const perhaps = transition.perhaps ?? resumed
    return {
      ...transition,
      ...(perhaps && { perhaps }),
      required: seen !== undefined,
      reasonRequired,
      earliestMs: transition.atMs - sight.earlyMs,
      latestMs: seenByMs + sight.lateMs,
    }
  })
}

/**
 * Why a machine stood again where it had stood before, too short in sight for its reason, if the time between the two was hidden: a code
 * that comes when the machine is seen again names what was seen of the first stop as well.
 */
function resumedInTheDark(
  transitions: readonly TrueTransition[],
  index: number,
  darkWindows: readonly Window[],
): TrueTransition['perhaps'] {
  const [stop, left, ...later] = transitions.slice(index)
  const dark = left && darkWindows.find(({ fromMs, toMs }) => fromMs <= left.atMs && left.atMs < toMs)
  if (!stop || !dark) return undefined
  const again = later.find(({ atMs, status }) => atMs < dark.toMs && status === stop.status)
  return again && again.reason !== null ? { reason: again.reason, category: again.category } : undefined
}

/** The parts of a stretch that lie outside all dark windows. */
function visible(stretch: Window, darkWindows: readonly Window[]): readonly Window[] {
  let rest = [stretch]
  for (const dark of darkWindows) {
    rest = rest.flatMap(({ fromMs, toMs }) => [
      { fromMs, toMs: Math.min(toMs, dark.fromMs) },
      { fromMs: Math.max(fromMs, dark.toMs), toMs },
    ])
    rest = rest.filter((piece) => lengthMs(piece) > 0)
  }
  return rest
}

function endOfDark(atMs: number, darkWindows: readonly Window[]): number {
  return darkWindows.find((dark) => dark.fromMs <= atMs && atMs < dark.toMs)?.toMs ?? atMs
}

/** Whether a time of which central says that it was not seen lies in a dark window. */
export function wasDark(stretch: Window, sight: Sight): boolean {
  const slackMs = sight.lateMs
  return sight.darkWindows.some(
    (dark) => stretch.fromMs >= dark.fromMs - slackMs && stretch.toMs <= dark.toMs + slackMs,
  )
}

/** Whether there is no dark window so near to a moment that a change at that moment could have been missed. */
export function wasClear(atMs: number, sight: Sight): boolean {
  const marginMs = sight.observableFromMs + sight.lateMs
  return sight.darkWindows.every((dark) => atMs < dark.fromMs - marginMs || atMs > dark.toMs + marginMs)
}

/** When the gateway saw the machine last; infinity while it sees it. */
export function seenUntilMs(sight: Sight): number {
  const last = sight.darkWindows.at(-1)
  return last?.toMs === Number.POSITIVE_INFINITY ? last.fromMs : Number.POSITIVE_INFINITY
}

function lengthMs({ fromMs, toMs }: Window): number {
  return toMs - fromMs
}

/** Joins windows that overlap, and puts them into time order. */
export function union(windows: readonly Window[]): readonly Window[] {
  const joined: Window[] = []
  for (const window of windows.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1)
    if (!last || window.fromMs > last.toMs) joined.push(window)
    else joined[joined.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, window.toMs) }
  }
  return joined
}
